import type { PagesOf } from "./page.ts";

export const enginePages: PagesOf<"engine"> = {
  "engine/container-not-started": {
    title: "the engine could not start the image",
    why: "The message has its own words: the platform may be another one, or the command of `inference.command` is not in the image.",
    mend: "Try it by hand: `docker run --rm IMAGE`. For an image of another platform, the engine needs QEMU.",
  },
  "engine/failed": {
    title: "the engine answered with an error",
    why: "It is none that is known by a code of its own; the message has its words.",
    mend: "`mlpackage doctor` looks at the engine; its own log may say more: `journalctl -u docker`.",
  },
  "engine/load-failed": {
    title: "the engine did not take the image",
    why: "It was sent whole, and refused: most often, its disk is full.",
    mend: "`docker system df` shows what lies there, `docker system prune` makes room. What has arrived is not sent again.",
  },
  "engine/no-buildx": {
    title: "docker has no buildx here",
    why: "What has to run in the image is built with it: packages from apt and pip, and a Dockerfile of yours.",
    mend: "Install it: `docker-buildx-plugin` from Docker's repositories, `docker-buildx` from Debian's.",
  },
  "engine/port-taken": {
    title: "the port is in use on this machine",
    why: "Another program listens there.",
    mend: "Choose another one, `mlpackage run -p 6790`; with `-p 0` the engine chooses. `ss -ltnp` shows who listens.",
  },
  "engine/tag-refused": {
    title: "the engine refused a tag",
    why: "The image is there, and the engine did not give it this name; the message has its words.",
    mend: "Try it by hand: `docker tag IMAGE NAME`.",
  },
  "engine/unreachable": {
    title: "no Docker engine answers",
    why: "It does not run, is somewhere else, or does not let you in. An engine is needed where something is built, loaded or tested.",
    mend: "Start it: `sudo systemctl start docker`, or Docker Desktop. `DOCKER_HOST` points at another one. If you may not use it: `sudo usermod -aG docker $USER`, then log in again.",
  },
  "engine/unsupported-endpoint": {
    title: "the engine's address is of no kind that can be spoken to",
    why: "The engine is reached by a unix socket or TCP. An address with `ssh:` needs a client of its own.",
    mend: "Forward it: `ssh -NL /tmp/docker.sock:/var/run/docker.sock HOST`, and `export DOCKER_HOST=unix:///tmp/docker.sock`.",
  },
};
