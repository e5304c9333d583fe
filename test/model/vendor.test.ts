import { suite } from "uvu";
import * as assert from "uvu/assert";
import { digestOf } from "../../src/model/digest.ts";
import {
  filesOfPackages,
  hasBase,
  type VendoredFile,
  type VendorList,
  withoutVendored,
} from "../../src/model/vendor.ts";

const test = suite("what a vendor folder has");

const [NUMPY, TORCH] = ["numpy", "torch"].map((name) => ({ name, version: "1.0", digest: digestOf(name) }));
if (NUMPY === undefined || TORCH === undefined) throw new Error("there are two");

const wheel: VendoredFile = {
  part: "python",
  platform: "linux/amd64",
  ...NUMPY,
  path: "python/a.whl",
  size: 1,
};
const deb: VendoredFile = {
  ...{ part: "system", platform: "linux/amd64", name: "curl", version: "7-1", size: 1 },
  ...{ path: "debian/curl.deb", digest: digestOf("curl") },
};
const list: VendorList = {
  base: { digest: digestOf("base"), platforms: ["linux/amd64"] },
  files: [
    deb,
    wheel,
    { part: "build", platform: "linux/amd64", path: "python/b", digest: digestOf("b"), size: 1 },
  ],
};
const nothing = { systemPackages: {}, python: [] };

test("a base answers for its digest, and for its platforms", () => {
  assert.ok(hasBase(list, digestOf("base"), ["linux/amd64"]));
  assert.not(hasBase(list, digestOf("base"), ["linux/amd64", "linux/arm64"]));
  assert.not(hasBase(list, digestOf("other"), ["linux/amd64"]));
  assert.not(hasBase({ files: [] }, digestOf("base"), ["linux/amd64"]));
  assert.not(hasBase(list, digestOf("base"), []), "what is built for nobody knows has no answer");
});

test("wheels are known by their digests, Debian's packages by their versions", () => {
  const packages = { "linux/amd64": { systemPackages: { curl: "7-1" }, python: [NUMPY] } };
  assert.equal(filesOfPackages(list, packages), [deb, wheel]);
  assert.equal(withoutVendored(list, packages), { "linux/amd64": nothing });
  const newer = { systemPackages: { curl: "7-2" }, python: [{ ...NUMPY, digest: digestOf("rebuilt") }] };
  assert.equal(withoutVendored(list, { "linux/amd64": newer }), { "linux/amd64": newer });
});

test("what is there for one platform is not for another", () => {
  const packages = { systemPackages: { curl: "7-1", git: "1" }, python: [NUMPY, TORCH] };
  assert.equal(withoutVendored(list, { "linux/amd64": packages, "linux/arm64": packages }), {
    "linux/amd64": { systemPackages: { git: "1" }, python: [TORCH] },
    "linux/arm64": packages,
  });
});

test.run();
