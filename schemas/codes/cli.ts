import type { PagesOf } from "./page.ts";

export const cliPages: PagesOf<"cli"> = {
  "cli/already-running": {
    title: "the service of this package runs already",
    why: "A package has one service on a machine, so that `score`, `logs` and `stop` know which one is meant.",
    mend: "End it first: `mlpackage stop`. To see your changes without a restart, there is `mlpackage run --watch`.",
  },
  "cli/bad-name": {
    title: "a service or a namespace cannot have this name",
    why: "What `mlpackage deploy` writes is refused by Kubernetes unless its names are labels of the DNS. Without `--name`, the service is called as the package is, with `-` for every `.` and `_`.",
    mend: "Say `--name` with lower-case letters, digits and `-`, such as `mlpackage deploy --name diabetes`.",
  },
  "cli/bad-override": {
    title: "a `--set` cannot be applied to the file",
    why: "It names no value, or a place that the file cannot have: a key below a text, or an entry beyond the end of a list.",
    mend: "Write `--set key.path=value`; entries of lists go by number, as in `--set outputs.0.push=true`.",
  },
  "cli/bad-size": {
    title: "a size cannot be read",
    why: "`cache gc --max-size` says how much the cache may hold. A number alone could be anything.",
    mend: "Write a number and a unit: `20GB`, `500MB` or `1.5GiB`.",
  },
  "cli/base-without-digest": {
    title: "the base image was built here, and cannot be locked",
    why: "An image that was never in a registry has no digest that another machine could find it by.",
    mend: "Push it to a registry; or save it as an OCI layout, commit that, and name it: `base_image: {oci_layout: base}`.",
  },
  "cli/conda-not-vendored": {
    title: "packages of conda are not in a vendor folder yet",
    why: "`mlpackage vendor` brings what pip and apt install. pip could only be asked on top of conda's layers, which are not there by then.",
    mend: "Apply once where there is a network, with the `MLPACKAGE_CACHE_DIR` that you take along: from there `--offline` has them.",
  },
  "cli/detached-watch": {
    title: "`--watch` cannot be used with `--detach`",
    why: "Somebody has to stay and look for changes.",
    mend: "Leave `--detach` out. `mlpackage run --watch &` watches in the background of your shell.",
  },
  "cli/excess-argument": {
    title: "this action of `cache` or `model` takes no such argument",
    why: "What is not understood is not passed over: with `cache clear` that could be meant for something smaller than all.",
    mend: "`--max-size` is for `cache gc`, a file for `cache export` and `cache import`; `--only` is for `model push`, a folder and `--force` for `model pull`. Nothing was done.",
  },
  "cli/link-in-vendor-folder": {
    title: "a part of the vendor folder is a link to another place",
    why: "Files are written and removed there. Through the link, that would happen to somebody else's.",
    mend: "Take the link away, and call `mlpackage vendor` again.",
  },
  "cli/lock-conflict": {
    title: "the lock holds the marks of a merge conflict",
    why: "Two branches have locked different things, and git could not tell which one is right.",
    mend: "Take either side, and have it brought up to date: `git checkout --ours mlpackage.lock && mlpackage lock`. Then commit it.",
  },
  "cli/lock-without-mlpackage": {
    title: "the lock does not say which mlpackage wrote it",
    why: "It is of an older version. All it names is taken; only whether this version makes the same image of it, nobody can tell.",
    mend: "Let `mlpackage lock` add it, and commit the lock.",
  },
  "cli/masked-config": {
    title: "the configuration is printed without its secrets",
    why: "`mlpackage config` is for logs and reviews, too. Where a secret of the build, or a password in an address, has got into a value, it prints `***`, which is another configuration.",
    mend: "Read what is printed, and build from the files. Better still, keep the secret out of them: name it in `build.secrets` alone.",
  },
  "cli/folder-is-model": {
    title: "the folder is itself a model",
    why: "Models of MLflow, TensorFlow and Transformers are folders. A configuration file in one would be a part of the model, and change it.",
    mend: "Go one folder up, and run `mlpackage init` there.",
  },
  "cli/no-address": {
    title: "`--url` is not the address of a service",
    why: "A client is written for an address that begins with `http://` or `https://`.",
    mend: "Write it whole: `mlpackage client --url https://service.example.com/score`.",
  },
  "cli/no-answer": {
    title: "the service does not answer",
    why: "The connection was refused, or broke off before an answer had come.",
    mend: "`mlpackage logs` shows what it does. A model that is still being loaded needs a while: `mlpackage run -d` waits for it.",
  },
  "cli/no-archive": {
    title: "`cache export` or `cache import` has no file to work with",
    why: "Neither has a default place, and what is to be taken in has to be there.",
    mend: "Name the file: `mlpackage cache export cache.tar`, and on the other machine `mlpackage cache import cache.tar`.",
  },
  "cli/no-configuration": {
    title: "there is no configuration file",
    why: "All commands that work on a package read `mlpackage.yaml` in the current folder.",
    mend: "Go to the package's folder, or name it: `-C FOLDER`, or `-f FILE` for a file of another name.",
  },
  "cli/no-data": {
    title: "there is no body for the request",
    why: "`--data @file` sends what is in a file, whose path is relative to the current folder. Without `--data`, standard input is sent, and it was empty.",
    mend: "Check the path; `--data -` takes the body from standard input, and any other text is the body itself.",
  },
  "cli/no-folder": {
    title: "the folder to write into is not there",
    why: "`mlpackage init FOLDER` looks for a model in a folder, and writes its file there.",
    mend: "Name the folder that holds the model, or none for the current one.",
  },
  "cli/no-model": {
    title: "no model was found to write a file for",
    why: "`mlpackage init` knows models by the first and last bytes of their files, and does not load any. It looks some folders deep, and not into `.git`, virtual environments and the like.",
    mend: "Copy the model into the folder, or write a file to fill in with `mlpackage init --template`.",
  },
  "cli/no-public-key": {
    title: "the file given as public key is none",
    why: "A signature is checked with the public half of a key, in PEM. The private half is not read for that: it should stay where it is.",
    mend: "Have cosign print it: `cosign public-key --key cosign.key > cosign.pub`. Then `mlpackage verify --key cosign.pub`.",
  },
  "cli/no-secret": {
    title: "a secret that a build needs is not here",
    why: "Its variable is not set or empty, or its file is not there. The build would fail halfway, so it is said before anything runs.",
    mend: "`export NAME=...`, or have CI set it. The value stands in no log, key, layer or lock.",
  },
  "cli/no-tests": {
    title: "`mlpackage test` has nothing to run",
    why: "The package has no `tests`, and of a server of your own nothing is known that could be tried.",
    mend: "Write one: `tests: [{request: {path: /health, method: GET}, expect: {status: 200}}]`.",
  },
  "cli/no-vendor-folder": {
    title: "the folder given to `--vendor` is none",
    why: "A vendor folder has a list of its files, `vendor.json`. It is not there, or it is something else.",
    mend: "Make one where there is a network: `mlpackage vendor DIR`. Then bring the whole folder here.",
  },
  "cli/not-a-lock": {
    title: "`mlpackage.lock` is not as a lock is",
    why: "Somebody has edited it, or a newer mlpackage has written it. Half of a lock is not believed.",
    mend: "Write it anew: remove it and call `mlpackage lock`. Or use the version that wrote it; it stands in the file.",
  },
  "cli/not-a-plan": {
    title: "the file given to `apply` is no plan",
    why: "`mlpackage apply FILE` does what a saved plan says. This file cannot be read as one.",
    mend: "Make one: `mlpackage plan --out FILE`. For another configuration it is `mlpackage -f FILE apply`.",
  },
  "cli/no-namespaces": {
    title: "`--namespace` is for Kubernetes",
    why: "A file of compose has one project, which is called as the service, and no namespaces.",
    mend: "Leave `--namespace` out; `--name` names the project too.",
  },
  "cli/not-applied": {
    title: "the engine has no image of this package",
    why: "It was not built yet, not loaded (`load: false`), or removed since.",
    mend: "`mlpackage apply` builds it, `mlpackage pull` brings back one that was pushed.",
  },
  "cli/not-lockable": {
    title: "something that was resolved does not fit into a lock",
    why: "A lock is text that everybody reads, in plain characters. A name or an address of what was found has others.",
    mend: "The message says which entry it is. Ask for it under another name, or from another place.",
  },
  "cli/not-reloaded": {
    title: "`run --watch` could not bring a change into the container",
    why: "Either a removed file is there still, or the server in the image is too old to load the code anew.",
    mend: "For the first, end it with Ctrl-C and start it again. For the second, type `mlpackage apply` to build an image with this version's server.",
  },
  "cli/not-running": {
    title: "no service of this package runs here",
    why: "`score`, `logs` and `stop` are for the service that `mlpackage run` has started on this machine.",
    mend: "Type `mlpackage run -d` to start it. A service elsewhere is asked with `mlpackage score --url URL`.",
  },
  "cli/not-vendored": {
    title: "`--offline`, and something the lock names is not here",
    why: "It is told before anything runs, with all that is missing, so that you can bring it in one go.",
    mend: "Where there is a network: `mlpackage vendor DIR`. Then here: `mlpackage apply --offline --vendor DIR`.",
  },
  "cli/not-utf-8": {
    title: "the configuration file is not written in UTF-8",
    why: "Some of its bytes are no letter in UTF-8: it was saved in another encoding, such as Latin-1 or UTF-16. A name with such a letter would silently become another one.",
    mend: "Have your editor save it as UTF-8, or convert it: `iconv -f latin1 -t utf-8 mlpackage.yaml`.",
  },
  "cli/not-watchable": {
    title: "`--watch` is for entry scripts, and this package has none",
    why: "Our own server can load a script anew. What a server of yours does with a changed file, nobody here knows.",
    mend: "Start it anew after a change: `mlpackage apply && mlpackage run`.",
  },
  "cli/not-watched": {
    title: "some changes will not be noticed",
    why: "The system refused to watch further files; often its limit is reached.",
    mend: "Name a folder with the code alone as `inference.source_directory`, raise `fs.inotify.max_user_watches`, or set `CHOKIDAR_USEPOLLING=1`.",
  },
  "cli/nothing-at-once": {
    title: "one request cannot be sent several times at once",
    why: "`--concurrency` says how many of many requests are under way at a time.",
    mend: "Say how many there are: `mlpackage score --repeat 1000 --concurrency 8`.",
  },
  "cli/nothing-pushed": {
    title: "no output in the file is pushed",
    why: "The command is about images in a registry, and the file sends none there.",
    mend: "Set `push: true` on an image output, and `mlpackage apply`.",
  },
  "cli/nothing-to-verify": {
    title: "`verify` is asked to look at nothing",
    why: "It builds the image again and compares, or it checks a signature. Without the one and without a key, there is nothing left.",
    mend: "Give the public key, `--key cosign.pub`, or leave `--no-rebuild` out.",
  },
  "cli/offline": {
    title: "`--offline`, and an image is not on this machine",
    why: "No registry is asked, so what is not here is not to be had.",
    mend: "Where there is a network, `mlpackage vendor DIR` brings what the lock names; then add `--vendor DIR`.",
  },
  "cli/offline-dockerfile": {
    title: "a base from a Dockerfile cannot be vendored",
    why: "What its commands download stands in no lock, so nobody could say what to bring.",
    mend: "Build it where there is a network, `docker buildx build --output type=oci,tar=false,dest=base .`, and name the folder: `base_image: {oci_layout: base}`.",
  },
  "cli/offline-push": {
    title: "`--offline`, and an output is to be pushed",
    why: "A push needs a registry, and `--offline` speaks to none.",
    mend: "Leave the push out with `--only`, or set `push: false`; an `oci-archive` can be carried to where there is a network.",
  },
  "cli/other-mlpackage": {
    title: "the lock was written by another mlpackage, whose image would differ",
    why: "The server, or the way layers are written, is part of the image. In CI, where the lock is frozen, that is refused rather than changed unseen.",
    mend: "Install the version that the lock names, or let `mlpackage lock` bring it up to this one, and commit it.",
  },
  "cli/place-in-code": {
    title: "a report would be written into the code",
    why: "All in that folder goes into the image, so the next run would build another one.",
    mend: "Write it somewhere else, or give it a name that is no code: `.mlpackage-trace.json`, `mlpackage-report.html`.",
  },
  "cli/place-in-input": {
    title: "the vendor folder would lie in a model or another input",
    why: "It would become part of it, and change it with each call.",
    mend: "Name a folder elsewhere: `mlpackage vendor ../vendor`.",
  },
  "cli/place-taken": {
    title: "there is something in the place that is to be written",
    why: "It is nothing that an earlier call has left. What is not ours is not written over.",
    mend: "Name a place that is not there yet, or remove it yourself. Nothing was changed.",
  },
  "cli/port-taken": {
    title: "the page of `mlpackage ui` cannot have the port",
    why: "Another program listens there, or the port is below 1024 and only root may have it.",
    mend: "Name another, as in `--port 8080`, or leave `--port` out: then one that is free is taken.",
  },
  "cli/plan-and-choice": {
    title: "a saved plan is applied with flags that choose steps",
    why: "Which steps run was decided as the plan was made; that is what was reviewed.",
    mend: "Give the flags to the plan: `mlpackage plan --only build --out plan.json`, then `mlpackage apply plan.json`.",
  },
  "cli/plan-of-another-package": {
    title: "a saved plan is of another package",
    why: "It names the package it was made for, and this one is called otherwise.",
    mend: "Go to that package's folder, or make a plan of this one: `mlpackage plan --out FILE`.",
  },
  "cli/push-to-digest": {
    title: "a model is to be pushed to a digest",
    why: "The digest is that of what is pushed, and known after it.",
    mend: "Write a tag: `mlpackage model push registry.example.com/team/ridge:3`.",
  },
  "cli/service-ended": {
    title: "the service has ended by itself",
    why: "Its container is still there, and no process runs in it.",
    mend: "`mlpackage logs` shows its last words; type `mlpackage run -d` to start it anew.",
  },
  "cli/several-steps": {
    title: "a name stands for several steps",
    why: "`why` speaks about one step. A kind alone is enough only where there is one of it.",
    mend: "Name one by its whole id, as the hint has them: `mlpackage why fetch:ridge`. `mlpackage graph` shows all.",
  },
  "cli/shared-cache-address": {
    title: "the address of the shared cache cannot be used",
    why: "`MLPACKAGE_SHARED_CACHE` is neither an absolute path, nor the address of a server or a registry.",
    mend: "Write `/mnt/cache`, `https://cache.example.com` or `oci://registry.example.com/team/cache`.",
  },
  "cli/shared-cache-credentials": {
    title: "the credentials of the shared cache cannot be used",
    why: "A server takes a user and password or a token, not both; a registry takes what `docker login` keeps.",
    mend: "Keep one of them; in an address, write `%25` for `%`. For a registry, take them out and type `docker login HOST`.",
  },
  "cli/shared-cache-key": {
    title: "a key of the shared cache cannot be read",
    why: "Records are signed and checked with Ed25519 keys in PEM. The file is not there, or holds something else.",
    mend: "Make a pair: `openssl genpkey -algorithm ed25519 -out cache.key && openssl pkey -in cache.key -pubout -out cache.pub`.",
  },
  "cli/shared-cache-mode": {
    title: "`MLPACKAGE_SHARED_CACHE_MODE` is no mode",
    why: "A misspelt mode could upload where nobody wanted to, or the other way round.",
    mend: "Write `read`, or `write` to upload as well.",
  },
  "cli/shared-cache-unsigned": {
    title: "what is uploaded will be trusted by nobody",
    why: "Only signed records are trusted here, and there is no key to sign with: not even this machine would take back what it uploads.",
    mend: "Set `MLPACKAGE_SHARED_CACHE_SIGNING_KEY` to the path of a private key.",
  },
  "cli/stale-lock": {
    title: "the lock does not answer the file",
    why: "The file names something that the lock does not, or in another version. In CI, with `--frozen` and with `--offline` nothing is resolved behind your back.",
    mend: "`mlpackage lock` brings it up to date; look at the difference, and commit it.",
  },
  "cli/stale-plan": {
    title: "a saved plan is not what `apply` would do any more",
    why: "Files, base image or cache have changed since. What was reviewed is done, or nothing.",
    mend: "Make a new one, `mlpackage plan --out FILE`, and look at it again.",
  },
  "cli/unfinished-vendor-folder": {
    title: "the vendor folder is not whole",
    why: "The call that filled it was interrupted. Its list is written last.",
    mend: "Go on with it where there is a network: `mlpackage vendor DIR`. What is there already is not brought again.",
  },
  "cli/unfit-secret": {
    title: "a secret cannot be handed on as it is",
    why: "BuildKit takes 500 KiB at most, and pip reads passwords from a file in which spaces, quotes and backslashes have no safe form.",
    mend: "It must be the password or token alone. A line break at its end does no harm; else have the index make another token.",
  },
  "cli/unknown-code": {
    title: "`explain` knows no such code",
    why: "Codes are two words with a slash between them, as they stand in brackets at the beginning of a message.",
    mend: "`mlpackage explain` lists them all.",
  },
  "cli/unknown-model": {
    title: "there is no such model in the file",
    why: "`--only` takes names of models of the file: those that are written there, or the stems of their sources.",
    mend: "Check the spelling against `mlpackage config`, which writes every name out.",
  },
  "cli/unknown-source": {
    title: "nothing here can fetch from such an address",
    why: "What stands before the colon says who fetches the model, and nobody here has that name.",
    mend: "Take a path in the package, or an `https://` address.",
  },
  "cli/unknown-shell": {
    title: "it is not known which shell is to complete",
    why: "`mlpackage completion` takes the shell you log in with, which `$SHELL` names. There is completion for bash, zsh and fish.",
    mend: "Name the shell: `mlpackage completion zsh`.",
  },
  "cli/unknown-step": {
    title: "the package has no such step",
    why: "`--only` and `why` name steps by their id, or all of a kind by the kind. Which steps there are depends on the file.",
    mend: "Take one from the hint; `mlpackage graph` shows all of them.",
  },
  "cli/unknown-test": {
    title: "no test has such a name",
    why: "`mlpackage test WORD` runs the tests whose names hold the word.",
    mend: "Take a word of the names in the hint; without any, all tests run.",
  },
  "cli/unknown-upgrade": {
    title: "the lock has nothing of that name to resolve anew",
    why: "`lock --upgrade` takes `all`, a part of the environment, or a model by its name.",
    mend: "Take one from the hint: `mlpackage lock --upgrade python`.",
  },
  "cli/vendor-changed": {
    title: "a file of the vendor folder is not what its list says",
    why: "Each has its digest in the list, and is checked before it is used. This one was changed, cut off or removed.",
    mend: "`mlpackage vendor DIR`, where there is a network, mends the folder.",
  },
  "cli/user-by-name": {
    title: "Kubernetes cannot tell that the service does not run as root",
    why: "With `runAsNonRoot`, it starts no container whose image names its user by a word: the word could stand for anything. So the manifest does not say it.",
    mend: "Write `environment.user` in numbers, such as `1000:1000`, apply, and write the manifest again.",
  },
};
