"""Every method of the official Python client, version 2, with exact results."""

import os
import uuid

from oso_cloud import Oso, OsoException, ParityHandle, Value, ValueOfType, typed_var

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY = open(os.path.join(HERE, "policy.polar")).read()

oso = Oso(url=os.environ["OSO_URL"], api_key=os.environ["OSO_AUTH"])
bob, eve, acme = Value("User", "bob"), Value("User", "eve"), Value("Org", "acme")
anvil = Value("Repo", "anvil")


def refuses(why, call, *args, **named):
    try:
        call(*args, **named)
    except OsoException as found:
        assert why in str(found), (why, str(found))
        return
    raise AssertionError(f"accepted: {why}")


def same(found, expected):
    assert found == expected, (found, expected)


def string(text):
    return Value("String", text)


# Policy
refuses("404", oso.get_policy_metadata)
same(oso.policy(POLICY), None)
same(oso.policy(POLICY), None)
refuses("ValidationFailed", oso.policy, "resource {")
refuses(
    "TestsFailed",
    oso.policy,
    POLICY + 'test "t" { assert allow(User{"x"}, "read", Org{"o"}); }',
)
same(oso.api.get_policy().policy["src"], POLICY)
repo = oso.get_policy_metadata().resources["Repo"]
same((repo.roles, repo.permissions), (["reader"], ["push", "read", "star"]))
same(repo.relations, {"parent": "Org"})
same(sorted(oso.get_policy_metadata().resources), ["Org", "Repo", "User", "global"])

# Facts
member = ("has_role", bob, "member", acme)
same(oso.insert(member), None)
same(oso.insert(member), None)
oso.insert(("has_relation", anvil, "parent", acme))
oso.insert(("score", bob, 7, True))
oso.insert(("score", bob, -(2**63), False))
oso.insert(("has_role", Value("User", 42), "member", acme))
odd = "O'Neil \\ \"x\"\n%s :y&z=w +\u2603 \U0001f600 \u202e\u05d0 e\u0301 \u00e9 \x00"
oso.insert(("has_role", Value("User", odd), "guest", acme))
refuses("not used in policy", oso.insert, ("is_active", bob))
refuses("not used in policy", oso.insert, ("has_role", bob, "steward", acme))
refuses("400", oso.insert, ("has_role", Value("User", "*"), "member", acme))
stored = ("has_role", bob, string("member"), acme)
same(oso.get(member), [stored])
same(len(oso.get(("has_role", None, None, acme))), 3)
same(
    oso.get(("has_role", ValueOfType("User"), "guest", None)),
    [("has_role", Value("User", odd), string("guest"), acme)],
)
same(oso.get(("has_role", Value("User", odd), None, None))[0][1].id, odd)
same(
    oso.get(("score", bob, 7, None)),
    [("score", bob, Value("Integer", "7"), Value("Boolean", "true"))],
)
same(oso.get(("score", bob, "7", None)), [])
least = Value("Integer", str(-(2**63)))
same(oso.get(("score", bob, -(2**63), None)), [("score", bob, least, Value("Boolean", "false"))])
same(oso.get(("no_such", None)), [])
with oso.batch() as batch:
    batch.insert(("has_role", eve, "member", acme))
    batch.insert(("has_role", eve, "admin", acme))
    batch.delete(("has_role", eve, None, ValueOfType("Org")))
    batch.insert(("is_public", Value("Repo", "open")))
same(oso.get(("has_role", eve, None, None)), [])
with oso.batch():
    pass
try:
    with oso.batch() as batch:
        batch.insert(("has_role", eve, "admin", acme))
        batch.insert(("is_active", eve))
    raise AssertionError("a batch with a bad fact was accepted")
except OsoException as why:
    assert "not used in policy" in str(why)
same(oso.get(("has_role", eve, None, None)), [])
oso.delete(("is_public", Value("Repo", "never")))
oso.delete(("nothing", None))
oso.delete(("score", None, None, None))
same(oso.get(("score", None, None, None)), [])

# Checks
same(oso.authorize(bob, "read", acme), True)
same(oso.authorize(bob, "delete", acme), False)
same(oso.authorize(bob, "frobnicate", acme), False)
same(oso.authorize(bob, "read", Value("Planet", "x")), False)
same(oso.authorize(Value("Robot", "r"), "read", acme), False)
admin = ("has_role", bob, "admin", acme)
same(oso.authorize(bob, "push", anvil, context_facts=[admin]), True)
same(oso.authorize(bob, "push", anvil), False)
same(oso.authorize(bob, "push", anvil, context_facts=[("unheard", bob)]), False)
handle = ParityHandle()
same(oso.authorize(bob, "read", acme, parity_handle=handle), True)
handle.expect(True)
early = ParityHandle()
early.expect(False)
same(oso.authorize(bob, "read", acme, parity_handle=early), True)

# Lists
same(oso.list(bob, "read", "Repo"), ["anvil", "open"])
same(oso.list(bob, "push", "Repo", context_facts=[admin]), ["anvil"])
same(oso.list(eve, "push", "Repo"), [])
same(oso.list(bob, "read", "Planet"), [])
same(oso.list(eve, "star", "Repo"), ["*"])
for i in range(25):
    oso.insert(("has_relation", Value("Repo", f"r{i:02}"), "parent", acme))
first = oso.list_paginated(bob, "read", "Repo", page_size=10)
same(len(first.results), 10)
pages, token = list(first.results), first.next_page_token
while token is not None:
    page = oso.list_paginated(bob, "read", "Repo", page_size=10, page_token=token)
    pages += page.results
    token = page.next_page_token
same(pages, ["anvil", "open"] + [f"r{i:02}" for i in range(25)])
refuses("page_token", oso.list_paginated, bob, "read", "Repo", 10, page_token="1:1")
refuses("page_size", oso.list_paginated, bob, "read", "Repo", 0)
oso.delete(("has_relation", ValueOfType("Repo"), "parent", acme))
oso.insert(("has_relation", anvil, "parent", acme))
same(oso.actions(bob, anvil), ["read", "star"])
same(oso.actions(bob, anvil, context_facts=[admin]), ["push", "read", "star"])
same(oso.actions(eve, acme), [])

# Queries
action, repo, user = typed_var("String"), typed_var("Repo"), typed_var("User")
same(oso.build_query(("allow", bob, "read", anvil)).evaluate(), True)
same(oso.build_query(("allow", bob, "push", anvil)).evaluate(), False)
same(oso.build_query(("allow", bob, action, anvil)).evaluate(action), ["read", "star"])
same(
    oso.build_query(("allow", bob, action, repo)).evaluate((action, repo)),
    [("read", "anvil"), ("read", "open"), ("star", "*")],
)
same(
    oso.build_query(("allow", bob, action, repo)).evaluate({repo: action}),
    {"anvil": ["read"], "open": ["read"], "*": ["star"]},
)
query = oso.build_query(("allow", bob, "read", repo))
same(query.in_(repo, ["anvil", "x", "anvil"]).evaluate(repo), ["anvil"])
same(query.in_(repo, []).evaluate(repo), [])
same(
    oso.build_query(("allow", bob, action, repo))
    .and_(("has_relation", repo, "parent", acme))
    .evaluate((repo, action)),
    [("anvil", "read"), ("anvil", "star")],
)
same(
    oso.build_query(("allow", user, "read", acme))
    .with_context_facts([("has_role", Value("User", "zed"), "admin", acme)])
    .evaluate(user),
    ["42", "bob", "zed"],
)
same(oso.build_query(("allow", user, "read", Value("Repo", "open"))).evaluate(user), ["*"])

# What is not there says so
refuses("not supported", oso.authorize_local, bob, "read", anvil)
refuses("not supported", oso.list_local, bob, "read", "Repo", "repo.id")
refuses("not supported", oso.actions_local, bob, anvil)
refuses("not supported", query.evaluate_local_filter, "repo.id", repo)

# The rest
agent = oso.for_agents("helper", uuid.uuid4(), [bob])
agent.tool_call_request("search", {"q": "x"})
agent.tool_call_response("search", {"found": 1})
agent.tool_call_error("search", reason="timeout")
agent.message_from_user("hello")
agent.message_to_user("hello")
wrong = Oso(url=os.environ["OSO_URL"], api_key="e_0123456789_12345_wrong")
refuses("401", wrong.authorize, bob, "read", acme)
slash = Oso(url=os.environ["OSO_URL"] + "/", api_key=os.environ["OSO_AUTH"])
same(slash.authorize(bob, "read", acme), True)
oso.api.clear_data()
same(oso.get(("has_role", None, None, None)), [])
