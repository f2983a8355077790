"""What the issues share is where they happen: a host, a tenant, the people."""

from tests.situations.raw import NOBODY, Suspect
from tests.situations.story import Story, situation

TENANTS = ("northwind", "contoso", "fabrikam", "globex", "initech", "umbrella", "hooli", "stark")
NODES = ("node-1", "node-2", "node-3", "node-4")


@situation("tenant", tenants=TENANTS)
def one_tenant_fails_in_two_services(story: Story) -> None:
    api, export = story.service("api"), story.service("export", platform="node")
    one = api.issue("TenantConfigError: locale list is empty", transaction="GET /catalog")
    two = export.issue("TypeError: locales.map is not a function", transaction="POST /export")
    story.fault(one, at=-28, requests=70, tenant="globex")
    story.fault(two, at=-27.2, requests=45, tenant="globex")
    story.incident("the settings of globex", one, two)


@situation("tenant", tenants=TENANTS)
def one_tenant_fails_in_three_issues(story: Story) -> None:
    api, export = story.service("api"), story.service("export", platform="node")
    issues = [
        api.issue("QuotaError: negative quota", transaction="GET /quota"),
        api.issue("KeyError: 'plan_v3'", transaction="GET /plan"),
        export.issue("RangeError: Invalid array length", transaction="POST /export"),
    ]
    for lag, draft in zip((0, 0.7, 1.4), issues, strict=True):
        story.fault(draft, at=-16 + lag, requests=40, tenant="initech")
    story.incident("the contract of initech", *issues)


@situation("host")
def one_node_is_broken_for_two_services(story: Story) -> None:
    api, jobs = story.service("api", hosts=NODES), story.service("jobs", platform="node", hosts=NODES)
    one = api.issue("OSError: [Errno 28] No space left on device", function="write", transaction="POST /upload")
    two = jobs.issue("Error: ENOSPC: no space left on device, write", function="flush", transaction="resize")
    story.fault(one, at=-34, requests=60, host="node-3")
    story.fault(two, at=-33.1, requests=50, host="node-3")
    suspects = [NOBODY, Suspect("dependency", "node-3")]
    story.incident("the disk of node-3", one, two, suspects=suspects)


@situation("host")
def one_host_is_broken_in_two_ways(story: Story) -> None:
    api = story.service("api", hosts=NODES)
    story.service("web", platform="javascript")
    one = api.issue("ClockSkewError: token is from the future", transaction="GET /me")
    two = api.issue("InvalidSignature: signature expired before it was made", transaction="POST /upload")
    story.fault(one, at=-21, requests=50, host="node-2")
    story.fault(two, at=-20.2, requests=44, host="node-2")
    story.incident("the clock of node-2", one, two, suspects=[NOBODY, Suspect("dependency", "node-2")])


@situation("users")
def the_same_people_fail_in_two_services_without_traces(story: Story) -> None:
    chat, feed = story.service("chat", platform="node"), story.service("feed")
    one = chat.issue("Error: avatar is not an image", transaction="GET /room", function="thumb")
    two = feed.issue("UnidentifiedImageError: cannot identify image file", transaction="GET /feed")
    crowd = story.crowd(40)
    story.fault(one, at=-23, requests=90, people=crowd, traced=0)
    story.fault(two, at=-22.1, requests=80, people=crowd[::-1], traced=0)
    story.incident("pictures of forty people", one, two)
