"""Prompt-injection patterns: one table of kind, reason, prefilter words and regular expression.

The patterns are searched in lower-case text without hidden characters. Each describes a phrase that honest error
messages do not contain. A new pattern needs an entry in the attack corpus (``tests/corpus/attacks``) and must leave the
list of honest messages in ``tests/safety/test_findings.py`` alone. Every repetition is bounded.

Searching 17 patterns costs some 100 µs a text, and most texts match none. So each row lists words, separated by ``|``, one
of which occurs in every ASCII text that its pattern matches, and in every other text, too, where the pattern has no
letters beyond ASCII: a single search for all words of all rows decides first
whether any row needs a look. A test generates matching texts from the patterns and fails when a word is missing.
"""

# ruff: noqa: E501  # a pattern reads best in one piece

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property

from sentry_runbook.safety.any_of import any_of
from sentry_runbook.safety.mask_kinds import KINDS
from sentry_runbook.safety.spoken_patterns import LATIN, OTHER_ALPHABETS
from sentry_runbook.tool_names import TOOL_NAMES


@dataclass(frozen=True)
class InjectionPattern:
    """One row of the table.

    Attributes:
        kind: of the finding.
        why: the reason that a finding gives, one sentence.
        needs: occurs in every ASCII text that the pattern matches; cheap to search, the pattern is not.
        source: the regular expression.
        is_complete: ``needs`` occurs in texts beyond ASCII, too.
    """

    kind: str
    why: str
    needs: re.Pattern[str]
    source: str
    is_complete: bool = False

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """Compiled when a text first needs it: most answers need few of the patterns."""
        return re.compile(self.source)

    def may_match(self, lowered: str) -> bool:
        """Whether text in lower case without hidden characters has to be searched at all."""
        return (self.is_foreign and not lowered.isascii()) or self.needs.search(lowered) is not None

    def search(self, lowered: str) -> re.Match[str] | None:
        """The first match in text in lower case without hidden characters."""
        return self.pattern.search(lowered) if self.may_match(lowered) else None

    @cached_property
    def is_foreign(self) -> bool:
        """Whether it has words of other alphabets, which are not among those that are looked for first."""
        return not self.is_complete and any(char.isalpha() and not char.isascii() for char in self.source)


def _up_to(most: int, opener: str, char: str) -> str:
    """At most so many of a character between the opener of a pattern and its rest, and no second opener among them.

    A match from one opener is a match from the last opener before its rest, too. So each character is read after one
    opener only, however many there are: ``curl curl curl …`` costs no more than one ``curl`` and as much text.
    """
    return rf"(?:(?!{opener}){char}){{0,{most}}}"


_RULES = r"(?:instructions?|prompts?|rules?|messages?|guidelines?|directives?|directions?|constraints?|policies|orders|commands)"
_EARLIER = (
    r"(?:previous|prior|above|earlier|preceding|existing|original|current|initial|system|developer|safety|security)"
)
_READER = (
    r"(?:ai|a\.i\.|llm|language model|coding|autonomous|automated|claude|copilot|cursor|codex|gemini|chatgpt|gpt|devin)"
)
_ISSUES = r"(?:sentry )?(?:issues?|incidents?|alerts?|tickets?)\b"
_SECRETS = (
    r"(?:api[ _-]?keys?|secrets?|credentials?|passwords?|access tokens?|auth tokens?|sentry_auth_token|env(?:ironment)? vars?|"
    r"environment variables?|\.env\b|system prompt|ssh keys?|private keys?|~/\.ssh|~/\.aws|id_rsa|/etc/passwd|tokens)"
)
_FOREIGN_TOOLS = ("update_issue", "execute_command", "run_terminal_cmd", "run_command", "bash_tool")
"""Tools of other servers and of hosts, which attacks name too."""
_TOOL_NAMES = (*TOOL_NAMES, *_FOREIGN_TOOLS)
_TOOLS = f"(?:{'|'.join(_TOOL_NAMES)})"
_INSTALL = (
    r"(?:npx|bunx|uvx|pnpm dlx|yarn dlx|pipx (?:run|install))\s+(?:-{1,2}[\w=-]{1,30}\s+){0,4}[@＠\w]"
    r"|(?:pip3?|uv pip|python3? -m pip) install\s+\S|(?:npm|pnpm|yarn|bun) (?:i|install|add|exec)\s+[@＠\w-]"
    r"|(?:brew|apt|apt-get|gem|cargo|go) install\s+\S"
)
_ON_LINE, _IN_SENTENCE, _IN_TAG = r"[^\n]", r"[^.\n]", r"[^>\n]"
_FETCH = r"(?:curl|wget|iwr|invoke-webrequest)\b"
_SHELL = (
    rf"{_FETCH}{_up_to(300, _FETCH, _ON_LINE)}?(?:(?:\||;|&&|>)\s*+(?:sudo\s+)?(?:ba|z|da|k)?sh\b"
    r"|\|\s*+(?:sudo\s+)?(?:python3?|node|perl|ruby|iex)\b)"
    r"|(?:ba|z)?sh\s+(?:-c\s+)?[\"']?(?:<\(|\$\()\s*(?:curl|wget)"
    r"|base64\s+(?:-d|--decode|-D)\s*\|\s*(?:ba|z)?sh|powershell(?:\.exe)?\s+-[a-z]{0,16}(?:enc|c|nop|w)\w{0,16}\s"
    r"|\biex\s*\(|rm\s+-[a-z]{0,4}r[a-z]{0,4}\s+[~/.$*]|chmod\s+(?:\+x|777)\s|eval\s+[\"']?\$\(|mkfs\.|:\(\)\s*\{"
    r"|(?:cat|less|head|type|more)\s+[\"']?(?:~/\.(?:ssh|aws|netrc|npmrc|config)|\S{0,80}\.env\b|/etc/(?:passwd|shadow))"
    r"|git push\s+(?:--force|-f)\b|gh (?:secret|auth) \w|sentry-cli\s+\S{1,40}\s+delete|kubectl (?:delete|exec|apply)\s"
    r"|nc\s+-[a-z]{0,4}e|/dev/tcp/|terraform destroy|docker run\s"
)
_LINK, _IN_LINK = r"https?://", r"[^\s\"'<>]"
_PICTURE, _IN_LABEL = r"!\[", r"[^\]\n]"
_ELEMENT = r"<(?:img|iframe|script|object|embed|link|video|audio|svg|form|meta|base)\b"
_SEND = r"\b(?:send|post|upload|forward|exfiltrate|transmit|submit|report)\b"
_COLLECTORS = (
    r"(?:webhook\.site|requestbin\.\w|requestcatcher\.com|pipedream\.net|ngrok(?:-free)?\.(?:io|app|dev)|burpcollaborator"
    r"|oastify\.com|interact\.sh|oast\.(?:fun|live|pro|me|site|online)|canarytokens|beeceptor\.com|hookbin\.com"
    r"|dnslog\.cn|trycloudflare\.com|postb\.in|mockbin\.)"
)

_TABLE: tuple[tuple[str, str, str, str], ...] = (
    # --- orders ---------------------------------------------------------------------------------------------------
    (
        "instruction",
        "It tells the reader to drop its instructions.",
        "ignore|disregard|forget|override|bypass|discard|drop|follow",
        rf"\b(?:ignore|disregard|forget|override|bypass|discard|drop|do not follow|don'?t follow|stop following)\b"
        rf"(?:\W+(?:all|any|every|each|the|of|your|these|those|my|our|its|other|{_EARLIER})){{0,6}}\W+{_RULES}\b"
        rf"|\b(?:ignore|disregard|forget)\s+(?:everything|all|anything)\s+(?:above|before|prior|previous|you (?:were|have|know))",
    ),
    (
        "instruction",
        "It gives new instructions.",
        "instruction|prompt|directive|orders|your |from now on|you are now| mode ",
        rf"\b(?:new|updated|revised|additional|real|actual|hidden|admin|urgent)\s+(?:system\s+)?(?:instructions?|prompts?|directives?|orders)"
        rf"\s*(?:[:：]|are\b|for (?:the |you|{_READER}))"
        rf"|\byour (?:new|real|actual|next) (?:instructions?|task|goal|job|role|objective|step) (?:is|are)\b"
        rf"|\bfrom now on,? (?:you|always|never|ignore)\b|\byou are now (?:a|an|in|the|free|{_READER})\b"
        r"|\b(?:developer|god|dan|jailbreak|debug|maintenance|admin) mode (?:is )?(?:enabled|activated|on)\b",
    ),
    (
        "instruction",
        "It speaks to an assistant.",
        " ai|ai |\nai|a.i.|llm|language model|coding|autonomous|automated|claude|copilot|cursor|codex|gemini|gpt|devin|"
        "assistant|agent|to the model",
        rf"\b(?:as|dear|hello|hi|hey|attention|note (?:to|for)|message (?:to|for)|instructions? (?:to|for)|notice (?:to|for))[,:]?\s+"
        rf"(?:an?\s+|the\s+|any\s+|all\s+|your\s+)?{_READER}\b(?!\s*(?:error|exception|sdk|client|api|provider|gateway|request))"
        r"|\b(?:ai|llm|coding|autonomous) (?:agents?|assistants?)\b[^.\n]{0,40}\b(?:must|should|please|shall|need to|reading|is required|are required)\b"
        r"|\b(?:claude|copilot|cursor|codex|gemini|chatgpt|assistant)[,:]\s*(?:please\s+)?(?:you\b|run|execute|resolve|open|call|use|fix|apply|ignore|install)"
        r"|\bas an? (?:ai|assistant|agent|language model)\b|\bto the (?:ai|assistant|agent|model) (?:reading|processing|handling|that)\b"
        r"|\bif you(?:'re| are) an? (?:ai|llm|assistant|agent|language model)\b",
    ),
    (
        "instruction",
        "It imitates a role of a conversation.",
        "assistant|human|developer|system|<|inst]|###|begin ",
        r"(?:^|\n)[^\S\n]{0,8}+\W{0,4}+(?:assistant|human|developer)\s{0,3}[:：]\s*+\S"
        rf"|(?:^|\n)[^\S\n]{{0,8}}+\W{{0,4}}+system\s{{0,3}}[:：][^\n]{{0,60}}\b(?:you|your|ignore|must|always|never|instructions?|{_READER})\b"
        r"|<\|?/?(?:im_start|im_end|system|assistant|user|endoftext|start_header_id|eot_id)\|?>|\[/?inst\]|<<\s*/?sys\s*>>"
        r"|###\s*(?:system|instruction|human|assistant)\b|\bbegin (?:system )?(?:prompt|instructions)\b",
    ),
    (
        "instruction",
        "It asks to keep people out.",
        "do not|don't|dont|never|without|confirmation|approval",
        r"\b(?:do not|don'?t|never|without)\s+(?:tell(?:ing)?|inform(?:ing)?|mention(?:ing)?|alert(?:ing)?|notify(?:ing)?|ask(?:ing)?|warn(?:ing)?|show(?:ing)?|reveal(?:ing)?|involv(?:e|ing))\b"
        r"[^.\n]{0,30}\b(?:the )?(?:user|human|operator|engineer|anyone|developer|on-?call|this|them)\b"
        r"|\bwithout (?:any )?(?:asking|(?:user |human )?(?:confirmation|approval|permission))\b[^.\n]{0,20}(?:[.!]|$)"
        r"|\b(?:no|skip(?: the)?|bypass(?: the)?) (?:human |user )?(?:confirmation|approval)(?: is)? (?:needed|required|necessary|step|prompt|dialog)",
    ),
    (
        "instruction",
        "It asks for a change of issues.",
        f"issue|incident|alert|ticket|confirm_token|dry_run|severity|this as|it as|{'|'.join(_TOOL_NAMES)}",
        rf"(?<!to )(?<!failed )(?<!not )\b(?:resolve|ignore|archive|close|mute|delete|dismiss|reopen|silence|merge|mark)\s+"
        rf"(?:this|the|all|these|every|any|other|both)(?:\s+(?:other|open|related|unresolved|remaining|of|the|these)){{0,3}}\s+{_ISSUES}"
        rf"|\b(?:call|use|invoke|run|execute|trigger)\s++(?:the\s++)?[\W_]{{0,3}}+{_TOOLS}\b|\b{_TOOLS}\s*[({{]"
        r"|\bconfirm_token\b|\bdry_run\s*[=:]\s*[\"']?false|\bset (?:the )?severity to p?[0-4]\b"
        r"|\b(?:classify|treat|report|rate) (?:this|it) as (?:p[0-4]|(?:a )?(?:low|no)[ -](?:severity|priority|impact))\b",
    ),
    (
        "instruction",
        "It asks for secrets.",
        "api|secret|credential|password|token|env|system prompt|ssh|private key|aws|id_rsa|/etc/",
        r"(?<!to )(?<!not )\b(?:print|send|reveal|output|show|post|share|upload|leak|exfiltrate|include|paste|read|dump|list|echo|return|copy|append|give)\b"
        rf"\s+(?:me\s+|us\s+|out\s+)?(?:your|all|any|the (?:user'?s?|contents? of|values? of|local|full|sentry|complete|current|server'?s?))\b[^.\n]{{0,40}}{_SECRETS}",
    ),
    (
        "instruction",
        "It orders a command to be run.",
        "following|below|next|shell|bash|terminal|remediation|fix|command|script",
        r"\b(?:run|execute|paste|enter|type|apply|issue)\s+(?:the\s+|this\s+|these\s+)(?:following|below|next|shell|bash|terminal|remediation|fix(?:ing)?|command|script|commands)\b"
        r"(?:\W+(?:following|shell|bash|terminal|diagnostic|remediation|commands?|scripts?|steps?|fix|in|a|your|the|now|immediately|to)){0,8}",
    ),
    (
        "instruction",
        "It tells the reader to drop its instructions, in another language.",
        "ignor|vergiss|vergesst|missachte|oublie|ne tiens|olvid|descarta|desconsider|esquec|dimentica|negeer|vergeet|pomin|"
        "zapomnij|abaikan|lupakan|talimat|komut",
        r"\b(?:ignorier\w*|vergiss|vergesst|missachte\w*)\b[^.\n]{0,30}\b(?:anweisung\w*|befehl\w*|instruktion\w*|vorgaben|regeln)"
        r"|\b(?:ignore[zr]?|oublie[zr]?|ne tiens pas compte)\b[^.\n]{0,30}\b(?:instructions?|consignes|directives|ordres)\b[^.\n]{0,20}\b(?:pr[ée]c[ée]dente?s?|ci-dessus|ant[ée]rieure?s?)"
        r"|\b(?:ignora|ignore|olvida|olvide|descarta)\b[^.\n]{0,20}\b(?:instrucciones|[óo]rdenes|indicaciones)\b"
        r"|\b(?:ignore|esque[çc]a|desconsidere)\b[^.\n]{0,20}\b(?:instru[çc][õo]es|ordens)\b"
        r"|\b(?:ignora|dimentica)\b[^.\n]{0,20}\b(?:istruzioni|indicazioni)\b|\b(?:negeer|vergeet)\b[^.\n]{0,25}\b(?:instructies|opdrachten)\b"
        r"|\b(?:zignoruj|pomi[ńn]|zapomnij)\b[^.\n]{0,25}\b(?:instrukcj\w*|polece\w*)|\b(?:abaikan|lupakan)\b[^.\n]{0,20}\b(?:instruksi|perintah)\b"
        r"|(?:игнорируй|проигнорируй|забудь|ігноруй|проігноруй)[^.\n]{0,33}(?:инструкц|указани|команд|інструкц|вказівк)"
        r"|(?:talimat|komut)[^.\n]{0,23}(?:yok say|unut|görmezden gel|dikkate alma)|bỏ qua[^.\n]{0,25}(?:hướng dẫn|chỉ dẫn|lệnh)"
        r"|(?:忽略|无视|忽視|無視|忘记|忘掉)[^。\n]{0,12}(?:指令|指示|说明|說明|提示|命令|规则|規則)|(?:指示|命令|指令)[^。\n]{0,6}(?:無視|忘れ)"
        r"|(?:지시|명령|지침)\S{0,4}\s?(?:을|를)?\s?(?:모두\s)?(?:무시|잊)|(?:निर्देश|आदेश)[^।\n]{0,18}(?:अनदेखा|नज़रअंदाज़|भूल)"
        r"|(?:تجاهل|انس)[^.\n]{0,20}(?:التعليمات|الأوامر|الإرشادات)|(?:התעלם|תתעלם|שכח)\S{0,3}[^.\n]{0,20}(?:ההוראות|הוראות|הפקודות)",
    ),
    *LATIN,
    *OTHER_ALPHABETS,
    # --- imitations -----------------------------------------------------------------------------------------------
    (
        "impersonation",
        "It imitates the fence around event text.",
        "trusted|verified| is safe| now safe| is from| now from",
        r"[<‹＜〈⟨❮«《({\[]\s{0,3}[/\\⁄∕／]?\s{0,3}un\W{0,2}trusted\b|\bend of (?:the )?untrusted\b|\buntrusted (?:section|block|content|data|text) ends?\b"
        r"|\b(?:the (?:following|rest|text below|next part)|this (?:text|content|message|event)) is (?:now )?(?:trusted|verified|safe|from (?:sentry|the system|the operator))\b",
    ),
    (
        "impersonation",
        "It imitates this server's or Sentry's own words.",
        "error executing|severity|decided_by|structuredcontent|needs_conf|outcome|<|message from|notice from|note from|"
        "instruction|sentry|tool|function re|function ou|function ca|function_|\"function",
        r"\berror executing tool\b|(?:^|\n|\*\*|\|)\s{0,3}+severity\W{1,4}p[0-4]\b|\bdecided_by\b|\bstructuredcontent\b|\bneeds_confirmation\b"
        rf"|\boutcome\W{{1,4}}(?:applied|needs_confirmation|not_applied)\b|<(?:{'|'.join(KINDS)}) \d+>"
        r"|\b(?:message|notice|note|instructions?) from (?:sentry(?:-runbook)?|the (?:mcp )?(?:server|system|operator|sentry team))\b"
        r"|\bsentry(?:'s)? (?:seer|autofix|security team|support) (?:has |have )?(?:recommends?|requires?|verified|determined|approved)\b"
        r"|\b(?:tool|function)[ _](?:result|output|response|call)s?\s*[:：]|\"(?:tool|tool_name|function)\"\s*:\s*\"|\btools/call\b"
        r"|</?(?:tool_call|function_calls?|invoke|tool_result|function_results?|tool_use|system-reminder|system_prompt)\b",
    ),
    (
        "impersonation",
        "It imitates a section of an answer.",
        "#|**|__|===|---",
        r"(?:^|\n)[^\S\n]{0,8}+(?:#{1,6}+|\*\*|__|={3,}+|-{3,}+)\s*+(?:the\s++)?(?:suggested |recommended |official |verified |quick |required )?"
        r"(?:resolution|remediation|solution|fix|next steps?|recommended actions?|action (?:required|items)|how to fix|root cause|"
        r"severity|verdict|triage|mitigation|workaround|instructions?|checklist|summary|diagnosis|impact)"
        r"(?:\s(?:steps?|notes?|plan|analysis|report|summary|guide|instructions?))?\s{0,3}(?:[:：*_#=(-]|\n|$)",
    ),
    # --- commands -------------------------------------------------------------------------------------------------
    ("command", "It carries a shell command that would change something or run foreign code.",
        "curl|wget|iwr|invoke-w|base64|powershell|iex|rm -|rm \n|rm\n|chmod|eval|mkfs|:()|cat |less |head |type |more |cat\n|less\n|"
        "head\n|type\n|more\n|git push|gh |sentry-cli|kubectl|nc -|nc \n|nc\n|/dev/tcp|terraform|docker", rf"(?:{_SHELL})"),
    ("command", "It carries an install command.",
        "install|npx|bunx|uvx|dlx|pipx|npm i|npm a|npm e|yarn |bun ", rf"(?<![\w/.-])(?:{_INSTALL})"),
    # --- ways out -------------------------------------------------------------------------------------------------
    (
        "exfiltration",
        "It carries a picture or link that a renderer would fetch.",
        "![|<",
        rf"{_PICTURE}{_up_to(200, _PICTURE, _IN_LABEL)}\]\s?\(\s*+\S|{_ELEMENT}{_up_to(300, _ELEMENT, _IN_TAG)}(?:src|href|url|action|data|content|onerror|onload)\s*+=",
    ),
    (
        "exfiltration",
        "It asks for data to be put into an address, or names a collector of such.",
        "http|hxxp|append|webhook.site|request|pipedream|ngrok|collaborator|oast|interact.sh|canarytokens|beeceptor|hookbin|"
        "dnslog|trycloudflare|postb.in|mockbin",
        rf"\b{_COLLECTORS}|\bhxxps?://|{_LINK}{_up_to(200, _LINK, _IN_LINK)}[?&/=](?:\{{{{?\w|\$\{{?\w|\[(?:secret|data|token|key|env|insert)|<(?:secret|data|token|key|env|insert|your)|%7b\w|\.\.\.)"
        rf"|{_SEND}{_up_to(60, _SEND, _IN_SENTENCE)}{_SECRETS}{_up_to(60, _SEND, _ON_LINE)}https?://"
        rf"|\bappend\w*\b[^.\n]{{0,60}}\b(?:url|link|query|parameter)\b",
    ),
    # --- templates ------------------------------------------------------------------------------------------------
    (
        "template",
        "It tries to run code in a template.",
        "{{|{%|${|#{|<%",
        r"\{\{(?:[^{}\n]|\{(?!\{)){0,200}(?:__\w{2,30}__|\b(?:config|self|request|cycler|lipsum|joiner|namespace|range|import|os|popen|eval|exec)\b|\d\s*[*+]\s*\d)"
        r"|\{%-?\s*(?:import|include|extends|from|set|for|macro|call|if)\b(?:[^{}\n]|\{(?!%)){0,200}(?:__\w{2,30}__|import|include|config|self|request|/etc|popen|\.\./|cycler|[\"'])"
        r"|\$\{\s*(?:jndi|lower|upper|env|sys|java|script|::-)\s*:|\$\{\s*\d+\s*[*+]\s*\d+\s*\}|#\{\s*\d+\s*[*+]\s*\d+\s*\}|<%=?\s*(?:system|exec|`|file|io\.|\d+\s*\*)",
    ),
)  # fmt: skip


@cache
def table() -> tuple[InjectionPattern, ...]:
    """The table, in the order in which it is searched."""
    return tuple(
        InjectionPattern(kind, why, any_of(needs.split("|")), source, row in LATIN or row in OTHER_ALPHABETS)
        for row in _TABLE
        for kind, why, needs, source in (row,)
    )


@cache
def ascii_table() -> tuple[InjectionPattern, ...]:
    """Those rows that an ASCII text can match."""
    others = {source for _, _, _, source in OTHER_ALPHABETS}
    return tuple(row for row in table() if row.source not in others)


@cache
def _triggers() -> re.Pattern[str]:
    """The words of all rows, as far as an ASCII text can hold them: without any of them it matches no row."""
    return any_of(word for _, _, needs, _ in _TABLE for word in needs.split("|") if word.isascii())


def may_match(lowered: str) -> bool:
    """Whether any pattern could match; text of other alphabets always may."""
    return not lowered.isascii() or _triggers().search(lowered) is not None
