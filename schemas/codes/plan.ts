import type { PagesOf } from "./page.ts";

export const planPages: PagesOf<"plan"> = {
  "plan/base-image-not-found": {
    title: "the base image does not exist",
    why: "Neither its registry nor the engine has one of that name and tag.",
    mend: "Check both: `docker buildx imagetools inspect IMAGE` asks the registry. For a private one, `docker login HOST`.",
  },
  "plan/large-code": {
    title: "the code is unusually large",
    why: "All of the code's folder goes into the image. Often the script lies at the top of a repository, and data, notebooks and models come along. The largest files are listed below the message.",
    mend: "Put the script into a folder of its own, and name it as `inference.source_directory`; a `.dockerignore` leaves files out, too.",
  },
  "plan/link-outside": {
    title: "a part of the code is a link that leads out of the package",
    why: "On another machine it leads somewhere else, or nowhere.",
    mend: "Copy the file into the package.",
  },
  "plan/local-requirement": {
    title: "a requirement is asked for by its path",
    why: "A path has no digest that a lock could name.",
    mend: "Put the wheel into a folder, write `find_links: [wheels]` beside `requirements`, and ask for its name and version: `mine==1.0`.",
  },
  "plan/no-layout": {
    title: "what `oci_layout` names is no OCI image layout",
    why: "A layout has an `index.json`, in its folder or at the top of its tar. There is none.",
    mend: "Make one: `skopeo copy docker://python:3.12-slim oci:base`, or `docker buildx build --output type=oci,tar=false,dest=base .`",
  },
  "plan/requirements-file-missing": {
    title: "a requirements file takes in another one that is not there",
    why: "`-r` and `-c` name files relative to the one that they stand in, and those have to lie in the package, too.",
    mend: "Correct the line, or add the file.",
  },
};
