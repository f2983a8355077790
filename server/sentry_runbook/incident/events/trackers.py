"""Hosts that only measure, advertise or ask for consent: their calls fail all day and bring nothing down.

Blockers, private windows and lost pages make them fail in every browser, so a failing one explains no error. A vendor's
API that does more than measure (Facebook's Graph, Intercom's) is not listed: where both share a domain, the hosts are.
"""

from __future__ import annotations

import re


def _hosts(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


ANALYTICS = _hosts("""
    google-analytics.com googletagmanager.com analytics.google.com app-measurement.com firebaselogging.googleapis.com
    firebaselogging-pa.googleapis.com segment.io segment.com segmentapis.com mixpanel.com mxpnl.com amplitude.com
    posthog.com heap.io heapanalytics.com heap-api.com pendo.io plausible.io matomo.cloud piwik.pro usefathom.com
    umami.is umami.dev rudderstack.com rudderlabs.com snowplow.io snowplowanalytics.com mparticle.com statcounter.com
    chartbeat.com chartbeat.net parsely.com parse.ly quantserve.com quantcount.com scorecardresearch.com comscore.com
    kissmetrics.io kissmetrics.com hs-analytics.net hs-scripts.com track.hubspot.com cloudflareinsights.com
    simpleanalytics.com simpleanalyticscdn.com woopra.com gosquared.com mc.yandex.ru mc.yandex.com hm.baidu.com
    cnzz.com umeng.com stats.wp.com pixel.wp.com omtrdc.net 2o7.net demdex.net adobedtm.com tiqcdn.com tealiumiq.com
    keen.io june.so vercel-insights.com vercel-analytics.com va.vercel-scripts.com adobedc.net hs-banner.com
    events.data.microsoft.com events.launchdarkly.com events.statsigapi.net track.customer.io
    static-tracking.klaviyo.com appsflyer.com appsflyersdk.com adjust.com adjust.io branch.io kochava.com singular.net
    tenjin.com flurry.com m.stripe.com m.stripe.network r.stripe.com q.stripe.com errors.stripe.com t.paypal.com
    monorail-edge.shopifysvc.com app-analytics-services.com app-analytics-services-att.com
    siteintercept.qualtrics.com krxd.net
""")
RECORDINGS_AND_EXPERIMENTS = _hosts("""
    hotjar.com hotjar.io clarity.ms fullstory.com logrocket.com logrocket.io lr-ingest.io lr-ingest.com lr-in.com
    lr-in-prod.com lgrckt-in.com logr-ingest.com intake-lr.com mouseflow.com smartlook.com smartlook.cloud
    luckyorange.com luckyorange.net crazyegg.com inspectlet.com quantummetric.com contentsquare.net contentsquare.com
    decibelinsight.net uxcam.com openreplay.com optimizely.com visualwebsiteoptimizer.com abtasty.com kameleoon.com
    kameleoon.eu convertexperiments.com api-iam.intercom.io widget.intercom.io js.intercomcdn.com
    nexus-websocket-a.intercom.io nexus-websocket-b.intercom.io userpilot.io appcues.com appcues.net
""")
ERRORS_AND_SPEED = _hosts("""
    sentry.io sentry-cdn.com newrelic.com nr-data.net datadoghq.com datadoghq.eu ddog-gov.com bugsnag.com
    bugsnag.smartbear.com rollbar.com raygun.io raygun.com trackjs.com airbrake.io honeybadger.io honeycomb.io
    eum-appdynamics.com dynatrace.com instana.io speedcurve.com go-mpulse.net akstat.io highlight.run highlight.io
    instabug.com embrace.io appcenter.ms crashlytics.com crashlyticsreports-pa.googleapis.com
    dc.services.visualstudio.com applicationinsights.azure.com js.monitor.azure.com loggly.com logtail.com grafana.net
    signalfx.com observability.splunkcloud.com rum-ingress-coralogix.com betterstackdata.com logs.betterstack.com
    nsvcs.net rum-collector.pingdom.net rum-static.pingdom.net
""")
ADVERTISING = _hosts("""
    doubleclick.net googlesyndication.com googleadservices.com adservice.google.com adtrafficquality.google 2mdn.net
    adnxs.com facebook.net facebook.com bat.bing.com bat.bing.net ads.linkedin.com
    licdn.com analytics.tiktok.com analytics-sg.tiktok.com analytics-va.tiktok.com t.co ads.tiktok.com ads-twitter.com
    analytics.twitter.com ads-api.twitter.com ct.pinterest.com s.pinimg.com tr.snapchat.com tr6.snapchat.com
    sc-static.net alb.reddit.com pixel-config.reddit.com simpli.fi redditstatic.com q.quora.com amazon-adsystem.com
    criteo.com criteo.net taboola.com outbrain.com outbrainimg.com adroll.com rubiconproject.com pubmatic.com
    openx.net casalemedia.com indexww.com moatads.com adsrvr.org adform.net teads.tv smartadserver.com bidswitch.net
    3lift.com sharethrough.com media.net id5-sync.com liadm.com rlcdn.com agkn.com bluekai.com crwdcntrl.net
    mathtag.com tapad.com everesttech.net doubleverify.com adsafeprotected.com analytics.yahoo.com an.yandex.ru
    applovin.com applvn.com unityads.unity3d.com vungle.com supersonicads.com chartboost.com inmobi.com mopub.com
    hsadspixel.net
""")
CONSENT = _hosts("cookielaw.org onetrust.com cookiebot.com usercentrics.eu trustarc.com consensu.org didomi.io")
TRACKERS = ANALYTICS | RECORDINGS_AND_EXPERIMENTS | ERRORS_AND_SPEED | ADVERTISING | CONSENT
"""With all hosts below them, but for :data:`SERVICES`."""
SERVICES = _hosts("graph.facebook.com graph-video.facebook.com")
"""APIs below the domain of a tracker that applications depend on."""
LABELS = _hosts("""
    analytics telemetry rum beacon beacons pixel pixels ads adservice metrics smetrics apm sgtm
    sentry glitchtip bugsink matomo piwik posthog plausible umami snowplow openreplay
""")
"""First labels of hosts that do nothing else, also of programs that people run themselves.

Parcels are tracked and matches have statistics: those are none.
"""
INTAKE = re.compile(r"browser-intake-(?:[a-z0-9]+-)?datadoghq\.(?:com|eu)|dataplane\.rum\.[a-z0-9-]+\.amazonaws\.com")
"""Datadog has a domain of its own for each region, and Amazon a host."""
INTAKE_PATH = re.compile(
    r"/api/\d+/(?:envelope|store|security|minidump|unreal)/?(?:[?#]|$)"  # Sentry and what is like it
    r"|/intake/v2/(?:rum/)?events\b|/v1/rumevents\b"  # Elastic, Coralogix
    r"|/com\.snowplowanalytics\.(?:snowplow|iglu)/|/(?:matomo|piwik)\.php\b"
    r"|/(?:g|j|r)/collect(?:\?|$)|/gen_204(?:\?|$)"  # Google
)
"""Paths that only such a program has, on whatever host it runs."""


def is_intake(url: str) -> bool:
    """Whether a URL only takes measurements, by its path."""
    return INTAKE_PATH.search(url) is not None


def is_tracker(host: str) -> bool:
    """Whether a host only takes measurements, shows advertisements or asks for consent."""
    host = host.lower()
    labels = host.split(".")
    if labels[0] in LABELS and len(labels) > 2:
        return True
    below = {".".join(labels[place:]) for place in range(len(labels))}
    return host not in SERVICES and (not TRACKERS.isdisjoint(below) or INTAKE.search(host) is not None)
