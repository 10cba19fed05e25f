// Every method of the official Node client, version 1, with exact results.

const assert = require("node:assert").strict;
const fs = require("node:fs");
const path = require("node:path");
const { Oso } = require(path.join(process.argv[2], "oso-cloud"));

const POLICY = fs.readFileSync(path.join(__dirname, "policy.polar"), "utf8");
const value = (type, id) => ({ type, id });
const bob = value("User", "bob");
const eve = value("User", "eve");
const acme = value("Org", "acme");
const anvil = value("Repo", "anvil");
const other = value("Repo", "other");
const same = assert.deepEqual;
const refuses = (why, promise) =>
  assert.rejects(promise, (found) => String(found.message).includes(why) || assert.fail(found.message));

async function main() {
  const oso = new Oso(process.env.OSO_URL, process.env.OSO_AUTH);
  await oso.policy(POLICY);
  await oso.policy(POLICY);
  await refuses("policy:1:", oso.policy("resource {"));
  same((await oso.getPolicyMetadata()).resources.Org.roles, ["admin", "guest", "member"]);

  const member = ["has_role", bob, "member", acme];
  same(await oso.tell(...member), member);
  same(await oso.tell(...member), member);
  await refuses("not used in policy", oso.tell("is_active", bob));
  await oso.bulkTell([["has_relation", anvil, "parent", acme], member]);
  await oso.bulkTell([]);
  same(await oso.get(...member), [member]);
  same(await oso.get("has_role", { type: "User" }, null, acme), [member]);
  same(await oso.authorize(bob, "read", anvil), true);
  same(await oso.authorize(bob, "push", anvil), false);
  const admin = ["has_role", bob, "admin", acme];
  same(await oso.authorize(bob, "push", anvil, [admin]), true);
  same(await oso.authorizeResources(bob, "read", [anvil, other, acme, anvil]), [anvil, acme, anvil]);
  same(await oso.authorizeResources(bob, "read", []), []);
  same(await oso.list(bob, "read", "Repo"), ["anvil"]);
  same(await oso.list(bob, "push", "Repo", [admin]), ["anvil"]);
  same(await oso.list(eve, "star", "Repo"), ["*"]);
  same(await oso.actions(bob, anvil), ["read", "star"]);
  same(await oso.bulkActions(bob, [anvil, other], [admin]), [["push", "read", "star"], ["star"]]);
  same(await oso.query("allow", bob, "read", { type: "Repo" }), [["allow", bob, "read", anvil]]);
  same(await oso.query("allow", eve, "star", null), [["allow", eve, "star", { type: "Repo" }]]);
  same(await oso.query("nothing", null), []);
  await oso.bulk([["has_role", bob, null, { type: "Org" }]], [admin]);
  same(await oso.get("has_role", bob), [admin]);
  await oso.delete("has_role", bob, "admin", acme);
  await oso.delete("has_role", null, "admin", acme);
  await oso.bulkDelete([["has_relation", anvil, "parent", acme]]);
  same(await oso.get("has_role"), []);
  await refuses("not supported", oso.authorizeLocal(bob, "read", anvil));
  await refuses("not supported", oso.listLocal(bob, "read", "Repo", "id"));
  const { result } = await oso.api.getStats().then((stats) => ({ result: stats }));
  same([result.num_roles, result.num_relations, result.num_facts], [0, 0, 0]);
  await oso.api.clearData();
}

main().then(() => process.exit(0), (why) => {
  console.error(why);
  process.exit(1);
});
