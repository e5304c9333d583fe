import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseRemote, repositoryOf } from "../../src/cli/read-git-remote.ts";

const test = suite("git remotes");

const addresses: readonly (readonly [address: string, host: string | undefined, path?: string])[] = [
  ["https://github.com/Team/ridge.git", "github.com", "Team/ridge"],
  ["https://user:secret@github.com/team/ridge", "github.com", "team/ridge"],
  ["ssh://git@git.example.com:2222/team/ridge.git/", "git.example.com", "team/ridge"],
  ["git@GitHub.com:team/ridge.git", "github.com", "team/ridge"],
  ["github.com:team/ridge", "github.com", "team/ridge"],
  ["git@github.com:/team/ridge", "github.com", "team/ridge"],
  ["/srv/git/ridge.git", undefined],
  ["../ridge", undefined],
  ["C:/ridge", undefined],
  ["file:///srv/ridge", undefined],
  ["https://github.com/", undefined],
  ["", undefined],
];

for (const [address, host, path] of addresses) {
  test(`\`${address}\`: ${host}`, () => {
    assert.equal(parseRemote(address), host === undefined ? undefined : { host, path });
  });
}

test("the registry that belongs to a git server", () => {
  assert.is(repositoryOf({ host: "github.com", path: "Team/Ridge", folder: "" }), "ghcr.io/team/ridge");
  assert.is(
    repositoryOf({ host: "gitlab.com", path: "a/b/c", folder: "models/one" }),
    "registry.gitlab.com/a/b/c/models/one",
  );
  assert.is(repositoryOf({ host: "git.example.com", path: "a/b", folder: "" }), undefined);
  assert.is(repositoryOf({ host: "github.com", path: "a/-b-", folder: "" }), undefined);
  assert.is(repositoryOf({ host: "__proto__", path: "a/b", folder: "" }), undefined);
});

test.run();
