"""Tokens of known services, by the beginnings that the services document: one row a service.

A row is the service, its beginnings, and what follows them. A new beginning is a word in a row, a new service is a row.
Lengths are lower bounds: services lengthen their tokens, and a token that a cut has shortened is still one.
"""

# ruff: noqa: E501  # tables of fragments

from __future__ import annotations

import re

from sentry_runbook.safety.secrets.credentials import JWT
from sentry_runbook.safety.secrets.pattern import SecretPattern

WORD = r"[\w-]"
DOTTED = r"[\w.=-]"
ALNUM = r"[A-Za-z0-9]"
HEX = r"[A-Fa-f0-9]"
LOWER_HEX = r"[0-9a-f]"
BASE64 = r"[\w+/=-]"

_BEGINNINGS: tuple[tuple[str, str, str, int], ...] = (
    ("AWS", "AKIA ASIA ABIA ACCA AROA AIDA AGPA ANPA ANVA AIPA", r"[A-Z0-9]", 12),
    ("AWS Bedrock", "ABSK", BASE64, 40),
    ("Alibaba", "LTAI", ALNUM, 16),
    ("GitHub", "ghp_ gho_ ghu_ ghs_ ghr_", ALNUM, 20),
    ("GitHub, fine-grained", "github_pat_", WORD, 20),
    (
        "GitLab",
        "glpat- gloas- gldt- glrt- glrtr- glcbt- glptt- glft- glimt- glagent- glsoat- glffct- glwt- GR1348941",
        r"[\w.-]",
        16,
    ),
    (
        "Slack",
        "xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xoxe.xoxb- xoxe.xoxp- xapp- xwfp-",
        r"[\w%+/-]",
        10,
    ),
    ("Stripe", "sk_live_ sk_test_ sk_prod_ rk_live_ rk_test_ rk_prod_", ALNUM, 10),
    ("Stripe, Svix, Standard Webhooks", "whsec_", BASE64, 16),
    ("Google", "AIza ya29. GOCSPX- 1//0", DOTTED, 20),
    ("Sentry", "sntrys_ sntryu_ sntryi_ sntrya_ sntryr_", BASE64, 20),
    ("OpenAI, Anthropic, OpenRouter, DeepSeek", "sk-", WORD, 20),
    ("Anthropic, OpenAI, OpenRouter", "sk-ant- sk-proj- sk-svcacct- sk-admin- sk-or-", WORD, 16),
    ("Groq", "gsk_", ALNUM, 20),
    ("xAI", "xai-", WORD, 20),
    ("Perplexity", "pplx-", ALNUM, 20),
    ("Replicate", "r8_", ALNUM, 20),
    ("Hugging Face", "hf_ api_org_", ALNUM, 20),
    (
        "Fireworks, Cerebras, Tavily, LangSmith",
        "fw_ csk- tvly- tvly-dev- lsv2_pt_ lsv2_sk_ ls__ nvapi- tgp_v1_ jina_ sess-",
        WORD,
        20,
    ),
    ("npm", "npm_", ALNUM, 20),
    ("PyPI", "pypi-Ag", WORD, 12),
    ("RubyGems, Clojars, NuGet", "rubygems_ CLOJARS_ oy2", ALNUM, 40),
    ("SendGrid", "SG.", r"[\w.-]", 30),
    ("Brevo", "xkeysib- xsmtpsib-", WORD, 30),
    ("Docker", "dckr_pat_ dckr_oat_", WORD, 16),
    ("DigitalOcean", "dop_v1_ doo_v1_ dor_v1_", ALNUM, 32),
    ("Doppler", "dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit.", r"[\w.]", 20),
    ("Shopify", "shpat_ shpca_ shppa_ shpss_ shptka_", ALNUM, 20),
    ("Linear", "lin_api_ lin_oauth_ lin_wh_", ALNUM, 20),
    ("Notion", "ntn_ secret_", ALNUM, 30),
    ("Figma", "figd_ figo_ figu_ figur_", WORD, 20),
    ("Supabase", "sbp_ sbp_oauth_ sb_secret_", WORD, 20),
    ("1Password", "ops_eyJ", BASE64, 20),
    ("New Relic", "NRAK- NRII- NRIQ- NRJS- NRRA- NRAA-", WORD, 16),
    ("Postman", "PMAK- PMAT-", WORD, 20),
    ("Vercel", "vcp_ vci_ vca_ vcr_ vck_ vercel_blob_rw_", WORD, 20),
    ("Netlify", "nfp_ nfo_ nfc_ nfu_ nfb_", ALNUM, 20),
    ("Fly.io", "fm1r_ fm1a_ fm2_ fo1_", BASE64, 20),
    ("Cloudflare", "v1.0- cfut_ cfat_ cfk_", r"[\w.-]", 30),
    ("Databricks", "dapi dkea dose", HEX, 30),
    ("Datadog", "ddapi_ ddapp_ ddpat_ pub", HEX, 32),
    ("Grafana", "glsa_ glc_ eyJrIjoi", BASE64, 20),
    ("HashiCorp Vault", "hvs. hvb. hvr.", WORD, 20),
    ("age", "AGE-SECRET-KEY-1", r"[A-Z0-9]", 30),
    ("Atlassian", "ATATT3 ATCTT3 ATBB ATSTT3", BASE64, 20),
    ("PlanetScale", "pscale_tkn_ pscale_pw_ pscale_oauth_", DOTTED, 20),
    ("Pulumi", "pul-", HEX, 30),
    ("Prefect", "pnu_ pnb_", ALNUM, 20),
    ("Adafruit", "aio_", ALNUM, 20),
    ("Buildkite", "bkua_ bkct_ bkaj_ bkat_", ALNUM, 20),
    ("CircleCI", "CCIPAT_ CCIPRJ_", WORD, 20),
    ("Contentful", "CFPAT-", WORD, 20),
    ("Dynatrace", "dt0c01. dt0s01. dt0s02. dt0s03. dt0s08. dt0s16. dt0a01.", r"[\w.]", 20),
    ("EasyPost", "EZAK EZTK", ALNUM, 30),
    ("Heroku", "HRKU-", WORD, 20),
    ("Intercom", "dG9rO", BASE64, 24),
    ("JFrog", "AKC cmVm", ALNUM, 40),
    ("Mapbox", "sk.eyJ tk.eyJ", r"[\w.-]", 20),
    ("Sourcegraph", "sgp_ slk_", WORD, 20),
    ("SonarQube", "squ_ sqp_ sqa_ sqb_", ALNUM, 20),
    ("Typeform", "tfp_", r"[\w.=-]", 20),
    ("Square", "sq0atp- sq0csp- sq0idp- EAAAE EAAAl", WORD, 20),
    ("Facebook, Square, Instagram", "EAA IGQV", WORD, 40),
    ("Twilio", "SK AC", LOWER_HEX, 32),
    ("Mailgun", "key-", LOWER_HEX, 32),
    (
        "Plaid",
        "access-sandbox- access-development- access-production- public-sandbox- public-production- link-sandbox- link-production-",
        r"[0-9a-f-]",
        30,
    ),
    ("Tailscale", "tskey-", WORD, 16),
    ("Infracost", "ico-", ALNUM, 30),
    ("Octopus Deploy", "API-", r"[A-Z0-9]", 25),
    ("OpenShift", "sha256~", WORD, 40),
    ("ReadMe", "rdme_", ALNUM, 40),
    ("Scalingo", "tk-us- tk-eu-", WORD, 40),
    ("Shippo, Duffel, Lob", "shippo_live_ shippo_test_ duffel_live_ duffel_test_", DOTTED, 20),
    ("Frame.io", "fio-u-", DOTTED, 40),
    ("Flutterwave", "FLWSECK- FLWSECK_TEST-", WORD, 12),
    ("Yandex", "AQVN YCAJ YCP y0_ y1_ y2_ y3_ t1.9eu", WORD, 30),
    ("Adobe", "p8e-", ALNUM, 30),
    ("Dropbox", "sl.", WORD, 60),
    ("Pinecone, Neon, Render, Railway, Turso", "pcsk_ napi_ rnd_ rw_Fe", WORD, 20),
    ("PostHog, Segment, Mixpanel", "phx_ phs_", WORD, 20),
    ("Airbyte, Apify, Browserless", "apify_api_ sm_aat_ sm_pat_ sm_sat_", ALNUM, 16),
    ("Azure DevOps, Cosmos", "azd", r"[\w+/=]", 50),
    ("Zapier, Asana, Polar, Clerk", "zpka_ polar_oat_ polar_at_ ak_live_ sk_ref_", WORD, 20),
    ("Gitea, Codeberg, Forgejo, Bitbucket", "gta_ BBDC-", WORD, 20),
    ("Meilisearch, Algolia, Elastic", "essu_", BASE64, 20),
    ("Trello", "ATTA", HEX, 60),
    ("Honeycomb", "hcaik_ hcaic_ hcalk_ hcalc_ hcamk_ hcxik_ hcxlk_", ALNUM, 30),
    ("dbt, Ory", "dbtc_ dbtu_ dbts_ ory_at_ ory_rt_ ory_pat_ ory_st_ ory_ac_", DOTTED, 20),
    ("crates.io", "cio", ALNUM, 32),
    ("Tencent", "AKID", ALNUM, 28),
    ("CockroachDB, MongoDB Atlas", "CCDB1_ mdb_sa_sk_", WORD, 30),
    ("Deno, Lichess, RunPod, E2B", "ddp_ ddo_ ddw_ lip_ lio_ rpa_ e2b_", ALNUM, 20),
    ("Clerk, Svix, ElevenLabs, Cartesia, WorkOS", "sk_ sk_car_ sk_V2_ sk_sbox_ sk_test_sbox_", ALNUM, 28),
    ("Inngest", "signkey-prod- signkey-test- signkey-branch-", HEX, 32),
    ("Firecrawl", "fc-", LOWER_HEX, 32),
    ("Twitch", "oauth:", r"[a-z0-9]", 30),
    ("Paddle, OneSignal", "pdl_live_apikey_ pdl_sdbx_apikey_ os_v2_app_ os_v2_org_", WORD, 30),
    ("Razorpay", "rzp_live_ rzp_test_", ALNUM, 14),
    ("Mollie, Lob, GoCardless, Cal.com", "live_ cal_ cal_live_ sandbox_", ALNUM, 26),
    ("Aiven", "AVNS_", WORD, 16),
    ("MailerSend, Snyk, WakaTime", "mlsn. snyk_uat. waka_", r"[\w.-]", 30),
    ("Statsig, Stytch", "secret- secret-live- secret-test-", WORD, 32),
    ("Adyen", "AQE", BASE64, 60),
    ("PASETO", "v1.local. v2.local. v3.local. v4.local. v1.public. v2.public. v3.public. v4.public.", r"[\w.-]", 30),
    ("Twitter", "AAAAAAAAAAAAAAAAAAAAA", r"[\w%+/=-]", 60),
    ("Loops, Knock, Ngrok, Trigger.dev", "tr_dev_ tr_prod_ tr_pat_ knock_", WORD, 16),
)
"""Service, beginnings, what follows (a class of characters) and how many of it at least."""

_SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("PayPal, Braintree", ("access_token$",), r"access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}"),
    ("HubSpot", ("pat-",), r"pat-(?:na|eu|ap)\d-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"),
    ("Mandrill", ("md-",), r"md-(?=[\w-]{0,20}\d)(?=[\w-]{0,20}[A-Z])[\w-]{22}(?![\w-])"),
    ("Telnyx", ("key0",), r"KEY0[0-9A-Z]{20,40}_[A-Za-z0-9]{16,40}"),
    ("New Relic license", ("nral",), r"[0-9a-f]{32,36}(?:FFFF)?NRAL"),
    ("Jenkins", ("11",), r"11[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("Asana", ("/",), r"[0-2]/\d{12,20}(?:/\d{12,20})?:[0-9a-f]{32}"),
    ("CAS", ("st-", "tgt-", "pgt", "pt-"), r"(?:ST|TGT|PGT|PGTIOU|PT)-\d{1,9}-[\w-]{16,200}"),
    ("Salesforce", ("!aq",), r"00D[A-Za-z0-9]{12,15}!AQ[\w.]{40,200}"),
    ("Kerberos", ("yii",), r"YII[A-Za-z0-9+/=_-]{60,8000}+"),
    ("reCAPTCHA", ("03a",), r"03A[\w-]{100,4000}+"),
    ("Expo", ("pushtoken[",), r"Expo(?:nent)?PushToken\[(?P<it>[\w-]{16,40})"),
    ("LaunchDarkly", ("api-", "sdk-", "mob-"), r"(?:api|sdk|mob)-[a-f0-9]{8}-(?:[a-f0-9]{4}-){3}[a-f0-9]{12}"),
    ("Telegram", (":aa",), r"(?:bot)?\d{6,12}:AA[\w-]{24,50}"),
    ("HCP Terraform", (".atlasv1.",), r"[A-Za-z0-9]{8,20}\.atlasv1\.[\w=-]{20,100}"),
    ("Microsoft Entra", ("q~",), r"[\w.]{3}\dQ[~∼][\w~∼.-]{28,40}"),
    ("MaxMind", ("_mmk",), r"[A-Za-z0-9]{6}_[A-Za-z0-9]{20,40}_mmk"),
    ("Mailchimp", ("-us",), r"[0-9a-f]{32}-us\d{1,2}"),
    ("Airtable", ("pat",), r"pat[A-Za-z0-9]{14}\.[a-f0-9]{32,80}"),
    ("Harness", ("pat.", "sat."), r"[ps]at\.[\w-]{16,30}\.[A-Za-z0-9]{16,30}\.[A-Za-z0-9]{16,30}"),
    ("Resend", ("re_",), r"re_(?=[a-z]{0,40}[A-Z0-9])[A-Za-z0-9]{6,12}_[A-Za-z0-9]{20,40}"),
    ("Okta", ("ssws",), r"(?i:ssws)\s{1,4}(?P<it>[\w=-]{20,100})"),
    ("Fly.io", ("flyv1",), r"FlyV1\s{1,4}[\w+/=,-]{16,2000}"),
    ("1Password", ("a3-",), r"A3-[A-Z0-9]{6}-[A-Z0-9-]{20,40}"),
    ("Square, old", ("sq0",), r"sq0[a-z]{3}-[\w-]{20,60}"),
    ("Discord", (".",), r"[MNO][A-Za-z0-9_-]{22,30}\.[\w-]{6}\.[\w-]{27,40}"),
    (
        "Authress",
        (".acc",),
        r"(?:sc|ext|scauth|authress)_[a-z0-9]{5,30}\.[a-z0-9]{4,6}\.acc[_-][\w-]{8,40}\.[\w+/=-]{20,140}",
    ),
    ("Vault, old", ("s.", "b."), r"[sb]\.(?=[A-Za-z]{0,24}\d)(?=[a-z0-9]{0,24}[A-Z])[A-Za-z0-9]{24,30}(?![\w.])"),
)
"""Service, what its texts hold in lower case, and the form, for tokens that are not known by their beginning."""

_SECRET_PATHS = (
    r"hooks\.slack\.com/(?:services|workflows|triggers)/",
    r"discord(?:app)?\.com/api/(?:v\d{1,2}/)?webhooks/",
    r"webhook\.office\.com/webhookb2/",
    r"hooks\.zapier\.com/hooks/catch/",
    r"hook\.[a-z0-9]{2,6}\.make\.com/",
    r"hook\.integromat\.com/",
    r"maker\.ifttt\.com/trigger/[\w-]{1,60}/(?:json/)?with/key/",
    r"events\.pagerduty\.com/integration/",
    r"hc-ping\.com/",
    r"api\.telegram\.org/(?:file/)?bot",
    r"outlook\.office\.com/webhook/",
    r"open\.(?:feishu|larksuite)\.(?:cn|com)/open-apis/bot/v2/hook/",
    r"alert\.victorops\.com/integrations/generic/\d{1,12}/alert/",
)


def _row(beginnings: str, follows: str, least: int) -> SecretPattern:
    words = sorted(beginnings.split(), key=len, reverse=True)
    escaped = "|".join(re.escape(word) for word in words)
    # Words with hyphens may begin so (sk-learn-compatible): a token has a digit or a capital.
    random = r"(?=[a-z_-]{0,100}+[A-Z0-9])" if follows in (WORD, DOTTED, BASE64) else ""
    # A token of hexadecimal digits ends with them: a longer word that begins so is none.
    end = r"(?![A-Za-z0-9])" if follows in (HEX, LOWER_HEX) else ""
    return SecretPattern(
        "token",
        rf"(?<![A-Za-z0-9])(?:{escaped}){random}{follows}{{{least},4096}}+{end}",
        tuple(word.lower() for word in words),
        min(map(len, words)) + least,
    )


GENERAL = SecretPattern(
    "token",
    r"[_-](?<=[a-z0-9][_-])(?P<it>(?=[a-z0-9]{0,40}[A-Z])(?=[A-Z0-9]{0,40}[a-z])(?=[A-Za-z]{0,40}\d)(?=[A-Za-z]{0,40}\d+[A-Za-z]{1,40}\d)"
    r"[A-Za-z0-9]{30,200}+)(?![\w.(])",
    ("_", "-"),
    32,
)
"""What follows the name of a service that has no row: random letters of both cases and digits, longer than an id."""

TOKENS: tuple[SecretPattern, ...] = (
    SecretPattern(
        "token",
        rf"(?:{'|'.join(_SECRET_PATHS)})(?P<it>[^\s\"'‵<>‹›¦,;)\]}}]{{6,400}})",
        ("hook", "webhook", "/integration", "hc-ping.com/", "telegram.org/", "ifttt.com/"),
        20,
    ),
    SecretPattern(
        "token",
        r"(?:AKIA|ASIA)[A-Z0-9]{12,20}\W{1,5}(?P<it>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+])",
        ("akia", "asia"),
        57,
    ),
    SecretPattern(
        "token",
        r"/(?:reset|reset[-_]?password|password[-_]?reset|magic(?:[-_]?link)?|verify(?:[-_]?email)?|confirm(?:ation|[-_]?email)?"
        r"|invit(?:e|ation)s?|activat(?:e|ion)|unsubscribe|tokens?|login|sso|one[-_]?time|impersonate|recover(?:y)?|claim)"
        r"/(?:(?:key|confirm|[A-Z][A-Za-z0-9]{1,8})/)?(?P<it>(?=[a-z_-]{0,100}+[A-Z0-9])(?=[\d_-]{0,100}+[A-Za-z])[\w~=-]{20,600}+(?:\.[\w-]{10,400}+){0,2})",
        (
            "/reset",
            "/password",
            "/magic",
            "/verify",
            "/confirm",
            "/invit",
            "/activat",
            "/unsubscribe",
            "/token",
            "/login",
            "/sso",
            "/one",
            "/impersonate",
            "/recover",
            "/claim",
        ),
        24,
    ),
    SecretPattern(
        "token",
        r"/(?:[ltsae]|links?|auth|join|accept|sign-?in|shared?|password|sessions?|otp|keys?)/(?P<it>(?=[a-z\d_-]{0,60}+[A-Z])(?=[A-Z\d_-]{0,60}+[a-z])"
        r"(?=[A-Za-z_-]{0,60}+\d)[\w-]{20,400}+|[0-9a-f]{32,128}+)(?![\w.])",
        (
            "/l/",
            "/t/",
            "/s/",
            "/a/",
            "/e/",
            "/link",
            "/auth/",
            "/join/",
            "/accept/",
            "/sign",
            "/share",
            "/password/",
            "/session",
            "/otp/",
            "/key",
        ),
        23,
    ),
    *(SecretPattern("token", rf"(?<![A-Za-z0-9]){form}", needs, 15) for _, needs, form in _SHAPES),
    *(_row(beginnings, follows, least) for _, beginnings, follows, least in _BEGINNINGS),
    GENERAL,
    JWT,  # after the tokens that hold one
)
