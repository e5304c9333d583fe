import type { PagesOf } from "./page.ts";

export const renderPages: PagesOf<"render"> = {
  "render/escape-directive": {
    title: "the Dockerfile has another escape character",
    why: "Your Dockerfile is built together with lines of ours, which are written with the usual backslash.",
    mend: "Remove the `# escape` directive, and end lines that go on with a backslash.",
  },
  "render/no-stage": {
    title: "the Dockerfile has no stage to build on",
    why: "Every image begins with a `FROM` line.",
    mend: "Add one at its beginning: `FROM python:3.12-slim`.",
  },
  "render/unknown-build-arg": {
    title: "the Dockerfile declares no such argument",
    why: "A value in `build_args` without an `ARG` of that name would do nothing.",
    mend: "Take a name from the hint, or add `ARG NAME` where it is used.",
  },
  "render/unknown-target": {
    title: "the Dockerfile has no such stage",
    why: "`base_image.target` is the name of a stage, `FROM ... AS NAME`, or its number.",
    mend: "Take one from the hint; without `target` it is the last one.",
  },
};
