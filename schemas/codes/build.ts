import type { PagesOf } from "./page.ts";

export const buildPages: PagesOf<"build"> = {
  "build/base-image-unavailable": {
    title: "the builder cannot have the base image",
    why: "No registry gave it: the name or the tag is wrong, it is private, or the registry does not answer.",
    mend: "`docker pull IMAGE` shows what the registry says; `docker login HOST` if it is private.",
  },
  "build/base-unreadable": {
    title: "the base image cannot be used",
    why: "It is there, but it lacks the platform that is wanted, or a part of it is missing or damaged.",
    mend: "Check `base_image`, and `build.platforms` if there are any: `docker buildx imagetools inspect IMAGE` lists what it has.",
  },
  "build/cache-not-read": {
    title: "a cache of layers cannot be read",
    why: "A place in `build.cache_from` does not answer or holds no cache yet. The build goes on without it, and takes longer.",
    mend: "The first build fills it, where `build.cache_to` names it too. Else check the name, and `docker login HOST`.",
  },
  "build/cache-not-written": {
    title: "a cache of layers cannot be written",
    why: "A place in `build.cache_to` refused it.",
    mend: "Check the name and the right to write there, `docker login HOST`. With `ignore-error=true` in the entry, the build goes on without.",
  },
  "build/cache-unsupported": {
    title: "the engine's own builder cannot keep such a cache",
    why: "It depends on how the engine stores images. Other builders can.",
    mend: "Make one, `docker buildx create --name big`, and write `build: {builder: big}`; or use `type=registry`.",
  },
  "build/command-not-found": {
    title: "the base image lacks a command that the build needs",
    why: "Packages are installed with the tools that the base image has: `apt-get`, and the Python that `interpreter` names.",
    mend: "Choose a base image that has it, such as `python:3.12-slim`; or install it with `environment.system_packages`.",
  },
  "build/digest-mismatch": {
    title: "a package has other bytes than when it was locked",
    why: "Somebody has replaced a file under the same name. It may be harmless, and it may be an attack; what was locked is not to be had there.",
    mend: "Find out which. If it was meant, `mlpackage lock --upgrade python` takes it as it is now.",
  },
  "build/disk-full": {
    title: "the engine's disk is full",
    why: "That is the disk where Docker keeps images and caches; with Docker Desktop, it is inside a virtual machine.",
    mend: "`docker system df` shows what lies there, `docker system prune` and `docker buildx prune` make room.",
  },
  "build/failed": {
    title: "buildx has failed",
    why: "It is none of the failures that are known by a code of their own. Its last lines stand below the message.",
    mend: "Read those; `--progress plain` shows all of them.",
  },
  "build/instruction-failed": {
    title: "a command of the build ended with an error",
    why: "It is a `RUN` of your Dockerfile, or what installs your packages. The end of its output stands below the message.",
    mend: "Read that; the command can be tried in the base image with `docker run -it IMAGE sh`.",
  },
  "build/login-refused": {
    title: "a package index does not let pip in",
    why: "It asks for a user and a password, and there were none, or the wrong ones.",
    mend: "Name the secret, `build: {secrets: [{id: index, env: INDEX_TOKEN, host: packages.example.com}]}`, and `export INDEX_TOKEN=...`.",
  },
  "build/lost-snapshot": {
    title: "BuildKit's cache has lost a part",
    why: "A build that was interrupted took along what the cache still names. That is a fault of BuildKit's, and it does not go away by itself.",
    mend: "Clear its cache, `docker buildx prune`, and apply again.",
  },
  "build/no-pip": {
    title: "the Python of the base image has no pip",
    why: "Packages are to be installed, and pip is what installs them.",
    mend: "Add it, `environment: {system_packages: [python3-pip]}`; or set `environment.python.managed: false` if all is there already.",
  },
  "build/old-pip": {
    title: "the pip of the base image is older than 22.2",
    why: "It cannot say what it would install, and without that nothing can be locked.",
    mend: "Choose a newer base image, or upgrade pip in a Dockerfile of your own (`base_image.dockerfile`).",
  },
  "build/index-unreachable": {
    title: "pip cannot reach the package index",
    why: "The engine's builds have no network, no name server that knows the host, or need a proxy that they were not told of.",
    mend: "Try `docker run --rm IMAGE python3 -m pip download --no-deps pip`. Set `HTTPS_PROXY`, or name a mirror with `environment.python.index_url`. Without a network, `mlpackage vendor` brings the packages beforehand.",
  },
  "build/requirement-not-found": {
    title: "no package answers a requirement",
    why: "The index has no such name, no such version, or none for this Python and platform.",
    mend: "Check name and version, and where they come from: `index_url`, `find_links`. If a locked one has vanished, `mlpackage lock --upgrade python`.",
  },
  "build/system-package-not-found": {
    title: "apt knows no such package",
    why: "The name is of another release of the base image's system, or the version has gone from its mirror.",
    mend: "Look for it: `docker run --rm IMAGE sh -c 'apt-get update && apt-cache policy NAME'`. If a locked one has vanished, `mlpackage lock --upgrade system_packages`.",
  },
};
