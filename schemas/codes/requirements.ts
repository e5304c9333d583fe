import type { PagesOf } from "./page.ts";

export const requirementsPages: PagesOf<"requirements"> = {
  "requirements/bad-file": {
    title: "a file of dependencies is not as its format wants it",
    why: "It was well-formed, but something in it is of another type, or belongs to a version of the format that is not known here. Half of it is not taken, because an image without a package fails late.",
    mend: "Correct the place; or have the tool that wrote the file write it anew, as with `uv lock` or `poetry lock`.",
  },
  "requirements/lock-alone": {
    title: "an old lock of poetry is there without its project",
    why: "Before version 2.0, poetry's lock does not say which packages are for which group. That stands in the `pyproject.toml` only.",
    mend: "Put the `pyproject.toml` beside the lock, or write the lock anew with poetry 2: `poetry lock`.",
  },
  "requirements/no-dependencies": {
    title: "a project file names no dependencies",
    why: "It has none of the tables they are read from, or it leaves them to its build, which is not run for that.",
    mend: "List them in `project.dependencies`, or name a lock or a requirements file instead. An environment that really needs none has no `requirements` key.",
  },
  "requirements/no-digest": {
    title: "a lock says no digest of a package",
    why: "Without one, nobody could tell whether the same bytes came the next time.",
    mend: "Put the package's wheel into a folder that `find_links` names, and lock again.",
  },
  "requirements/not-a-requirement": {
    title: "a line is no requirement as pip reads them",
    why: "Each line is checked and written anew, so that nothing in the file can add an option to what pip is called with. This one is none of a name, a name with versions, or a name with an address.",
    mend: "Write a name and versions after it: `numpy>=2.1,<3`.",
  },
  "requirements/other-python": {
    title: "the dependencies want another Python than the base image has",
    why: "The file says which versions it was made for. Its packages may not even exist for this one.",
    mend: "Take a base image that has one of these, such as `base_image: python:3.11-slim`; or change what the file asks for.",
  },
  "requirements/path": {
    title: "a dependency is asked for by its path",
    why: "A folder of source code has no digest that a lock could name, and what is built from it may differ from day to day.",
    mend: "Make a wheel of it, `pip wheel ./package -w wheels`, and ask for its version, with `find_links: [wheels]` beside it.",
  },
  "requirements/pip-option": {
    title: "a line is an option of pip that is not taken from this file",
    why: "Where packages come from stands in `mlpackage.yaml`, for all to see: an option that is hidden in another file could send for them elsewhere.",
    mend: "Say it with `index_url`, `extra_index_urls` or `find_links`; name a further file as `environment.python.requirements`.",
  },
  "requirements/repository": {
    title: "a dependency is asked for by a repository of source code",
    why: "It is built from a checkout, and has no digest that a lock could name.",
    mend: "Make a wheel of it, `pip wheel git+https://... -w wheels`, and ask for its version, with `find_links: [wheels]` beside it.",
  },
  "requirements/server-left-out": {
    title: "the server of the old SDK is not installed",
    why: "Files that come from Azure ML ask for `azureml-defaults` and the like, which bring another server. mlpackage has its own, and both would be in each other's way.",
    mend: "Take the line out. If the script itself imports `azureml`, ask for `azureml-core`.",
  },
  "requirements/setting-left-out": {
    title: "a setting of uv is not heeded",
    why: "It changes what is resolved, and only uv knows how.",
    mend: "Name the `uv.lock` instead: it holds what the setting comes to.",
  },
  "requirements/stale-lock": {
    title: "a lock does not answer the project beside it",
    why: "The project was changed, and not locked since. The lock is what is installed, so the change is not in the image.",
    mend: "Bring it up to date, and commit it: `uv lock`, or `poetry lock`.",
  },
  "requirements/tangled": {
    title: "a lock has too many ways to its packages",
    why: "Its markers and extras branch so often that it would take too long to tell which packages are wanted when.",
    mend: "Have its own tool tell: `uv export -o requirements.txt`, and name that file.",
  },
  "requirements/unknown-extra": {
    title: "the project has no such extra",
    why: "`extras` names what of a project's optional dependencies is installed as well. A misspelt one would install nothing.",
    mend: "Take one of the names in the hint.",
    example: { fixture: "pyproject-names", replace: ["extras: [srve, serve]", "extras: [serve]"] },
  },
  "requirements/unknown-group": {
    title: "the project has no such group of dependencies",
    why: "`groups` names what of `[dependency-groups]`, or of poetry's groups, is installed as well. A misspelt one would install nothing.",
    mend: "Take one of the names in the hint, or leave `groups` out.",
    example: { fixture: "pyproject-names", replace: [", groups: [dev]", ""] },
  },
  "requirements/variables-left-out": {
    title: "variables of a conda file are not set",
    why: "conda sets them as an environment is activated, and nothing is activated in the image.",
    mend: "Set them with `environment.variables`.",
  },
};
