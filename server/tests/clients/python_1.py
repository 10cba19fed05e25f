"""Every method of the official Python client, version 1, with exact results."""

import os

from oso_cloud import Oso

HERE = os.path.dirname(os.path.abspath(__file__))
POLICY = open(os.path.join(HERE, "policy.polar")).read()

oso = Oso(url=os.environ["OSO_URL"], api_key=os.environ["OSO_AUTH"])
bob, eve = {"type": "User", "id": "bob"}, {"type": "User", "id": "eve"}
acme = {"type": "Org", "id": "acme"}
anvil, other = {"type": "Repo", "id": "anvil"}, {"type": "Repo", "id": "other"}


def fact(name, *args):
    return {"name": name, "args": list(args)}


def told(name, *args):
    """A fact as it comes back: every argument a dictionary."""
    values = [a if isinstance(a, dict) else {"type": "String", "id": a} for a in args]
    return fact(name, *[{"id": v["id"], "type": v["type"]} for v in values])


def refuses(why, call, *args):
    try:
        call(*args)
    except Exception as found:
        assert why in str(found), (why, str(found))
        return
    raise AssertionError(f"accepted: {why}")


def same(found, expected):
    assert found == expected, (found, expected)


refuses("404", oso.get_policy_metadata)
same(oso.policy(POLICY), None)
same(oso.policy(POLICY), None)
refuses("ValidationFailed", oso.policy, "resource {")
same(oso.get_policy_metadata().resources["Org"].roles, ["admin", "guest", "member"])

member = fact("has_role", bob, "member", acme)
same(oso.tell(member), told("has_role", bob, "member", acme))
same(oso.tell(member), told("has_role", bob, "member", acme))
same(
    oso.tell(fact("score", bob, 7, True))["args"][1:],
    [{"id": "7", "type": "Integer"}, {"id": "true", "type": "Boolean"}],
)
refuses("not used in policy", oso.tell, fact("is_active", bob))
same(oso.bulk_tell([fact("has_relation", anvil, "parent", acme), member]), None)
same(oso.bulk_tell([]), None)
same(oso.get(member), [told("has_role", bob, "member", acme)])
same(oso.get(fact("has_role", None, None, acme)), [told("has_role", bob, "member", acme)])
same(oso.get(fact("has_role", {"type": "User"}, {}, {"type": "Repo"})), [])

same(oso.authorize(bob, "read", anvil), True)
same(oso.authorize(bob, "push", anvil), False)
admin = fact("has_role", bob, "admin", acme)
same(oso.authorize(bob, "push", anvil, [admin]), True)
same(oso.authorize_resources(bob, "read", [anvil, other, acme, anvil]), [anvil, acme, anvil])
same(oso.authorize_resources(bob, "read", []), [])
same(oso.authorize_resources(bob, "read", [other]), [])
same(oso.list(bob, "read", "Repo"), ["anvil"])
same(oso.list(bob, "push", "Repo", [admin]), ["anvil"])
same(oso.list(eve, "star", "Repo"), ["*"])
same(oso.actions(bob, anvil), ["read", "star"])

same(
    oso.query(fact("allow", bob, "read", {"type": "Repo"})),
    [told("allow", bob, "read", anvil)],
)
same(
    oso.query(fact("allow", eve, "star", None)),
    [fact("allow", eve, {"id": "star", "type": "String"}, {"type": "Repo"})],
)
same(
    oso.query(fact("has_role", eve, None, None), [fact("has_role", eve, "admin", acme)]),
    [
        told("has_role", eve, "admin", acme),
        told("has_role", eve, "member", acme),
        told("has_role", eve, "reader", anvil),
    ],
)
same(oso.query(fact("nothing", None)), [])

same(oso.bulk(delete=[fact("has_role", bob, {}, {"type": "Org"})], tell=[admin]), None)
same(oso.get(fact("has_role", bob, None, None)), [told("has_role", bob, "admin", acme)])
same(oso.bulk(), None)
same(oso.delete(admin), None)
same(oso.delete(admin), None)
same(oso.bulk_delete([fact("has_relation", anvil, "parent", acme)]), None)
stats = oso.api.get_stats()
same((stats.num_roles, stats.num_relations, stats.num_facts), (0, 0, 1))
refuses("not supported", oso.authorize_local, bob, "read", anvil)
refuses("not supported", oso.list_local, bob, "read", "Repo", "id")
refuses("not supported", oso.actions_local, bob, anvil)
oso.api.clear_data()
same(oso.api.get_stats().num_facts, 0)
same(oso.api.get_policy().policy["src"], POLICY)
