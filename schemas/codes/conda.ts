import type { PagesOf } from "./page.ts";

export const condaPages: PagesOf<"conda"> = {
  "conda/activation-not-run": {
    title: "scripts that conda would run at each start are not run",
    why: "Some packages set variables as an environment is activated. The service is started directly, without a shell that could do it.",
    mend: "If the service needs them, set them with `environment.variables`. The scripts are listed below the message.",
  },
  "conda/bad-package": {
    title: "a package of conda cannot be used",
    why: "It is damaged, or has something that no package should: a path that leads out, a link to nowhere, a list that does not fit its files.",
    mend: "Ask for another version of it, and tell whoever made the channel.",
  },
  "conda/no-digest": {
    title: "a channel does not say what a package is",
    why: "It lacks its SHA-256, its size or a proper address, so nobody could tell whether the right bytes came.",
    mend: "Have the channel indexed anew, `conda index`, or take the package from another one.",
  },
  "conda/no-platform": {
    title: "conda has no packages for the platform",
    why: "Channels have a folder for each platform, and there is none for this one.",
    mend: "Choose one of those in the hint for `build.platforms`, or take packages from pip instead.",
  },
  "conda/not-fetched": {
    title: "a package of conda could not be downloaded",
    why: "The lock names it, and its channel did not give it.",
    mend: "Try again. If the channel has removed it, `mlpackage lock --upgrade conda` looks for others.",
  },
  "conda/old-format": {
    title: "a package is in conda's first format",
    why: "Only `.conda` is read here; this one is a `.tar.bz2`.",
    mend: "Ask for a version that the channel has as `.conda`; in a channel of your own, `cph transmute FILE .conda` makes one.",
  },
  "conda/refused": {
    title: "a channel refuses a request",
    why: "It answered with an error: it is private, has no such name, or is overloaded.",
    mend: "Check the channel's name. With 429 or 5xx, try again later.",
  },
  "conda/replaced": {
    title: "a channel has another package than was locked",
    why: "Somebody has replaced a file under the same name. It may be harmless, and it may be an attack.",
    mend: "Find out which. If it was meant, `mlpackage lock --upgrade conda` takes it as it is now.",
  },
  "conda/same-path": {
    title: "several packages bring the same file, with other bytes",
    why: "Only one of them can lie there. Which one it is stands below the message, and is the same each time.",
    mend: "Mostly it does no harm. If it does, leave one of the packages out, or ask for another version.",
  },
  "conda/script-not-run": {
    title: "scripts that conda would run after installing are not run",
    why: "Packages are laid out as layers, and nothing of them is run while that is done.",
    mend: "If something is missing in the image, take a base image in which conda itself has installed these.",
  },
  "conda/unreachable": {
    title: "a channel cannot be read",
    why: "It does not answer, or the connection broke off, several times.",
    mend: "Check the channel's name and the network; `HTTPS_PROXY` names a proxy.",
  },
  "conda/unsolvable": {
    title: "no packages of conda fit together",
    why: "What the file asks for excludes each other, or the channels do not have it for this platform. The solver's reasons stand below the message.",
    mend: "Loosen the versions that are asked for, or add a channel.",
  },
};
