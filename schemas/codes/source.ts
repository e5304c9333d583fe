import type { PagesOf } from "./page.ts";

export const sourcePages: PagesOf<"source"> = {
  "source/azure-account": {
    title: "it is not known which storage account of Azure is meant",
    why: "`az:///CONTAINER/BLOB` is in the account of the environment: that of `AZURE_STORAGE_CONNECTION_STRING`, or the one that `AZURE_STORAGE_ACCOUNT` names. Neither is set, or what is set is none.",
    mend: "`az storage account show-connection-string --name ACCOUNT` prints the one; the other is the account's name alone. Or name the account in the source: `az://ACCOUNT/CONTAINER/BLOB`.",
  },
  "source/azure-datastore": {
    title: "a model is in a datastore that is none of blobs",
    why: "The datastores of Azure ML that models can be brought from are Blob Storage and Data Lake Gen2, in one of Azure's own clouds.",
    mend: "Register the model from such a datastore; or bring it by `az ml model download`, and name the folder as the source.",
  },
  "source/azure-endpoint": {
    title: "the address of Azure Resource Manager is not encrypted, or none",
    why: "Who we are is told there, so `AZURE_RESOURCE_MANAGER_ENDPOINT` must begin with `https://`, but on this machine.",
    mend: "Leave it out for Azure itself. `az cloud list --query [].endpoints.resourceManager` lists the addresses of the others.",
  },
  "source/azure-login": {
    title: "Microsoft Entra lets nobody in",
    why: "The environment, this machine or `az login` say who we are, and it is not accepted: a secret has expired, or the tenant is another one.",
    mend: "Type `az login`, or set `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET` to those of a service principal that is valid. `az account get-access-token` shows whether it works.",
  },
  "source/azure-model-elsewhere": {
    title: "the files of a model of Azure ML are in no datastore",
    why: "Its version names a place that is neither a path in a datastore nor a container: most likely the output of a job, by the job's name.",
    mend: "`az ml model download` brings the files; beside `mlpackage.yaml`, the folder is a source itself. Or register the model from a path in a datastore: `azureml://datastores/NAME/paths/PATH`.",
  },
  "source/azure-workspace": {
    title: "it is not known in which workspace of Azure ML a model is",
    why: "`azureml:NAME:VERSION` is in the workspace of the environment, which three variables name. Azure ML sets them where it runs a job itself.",
    mend: "Set `AZUREML_ARM_SUBSCRIPTION`, `AZUREML_ARM_RESOURCEGROUP` and `AZUREML_ARM_WORKSPACE_NAME`, or name the workspace in the source: `azureml://subscriptions/ID/resourceGroups/GROUP/workspaces/NAME/models/MODEL/versions/VERSION`.",
  },
  "source/bad-archive": {
    title: "a layer of a model cannot be unpacked",
    why: "It is no whole archive, it holds links or devices, or it becomes more than a thousand times as large as it is.",
    mend: "Have the model pushed again, with its files themselves and no links.",
  },
  "source/bad-oci-reference": {
    title: "the part after `oci://` is not a model in a registry",
    why: "It takes a registry, a repository in it, and a tag or a digest. A registry is always named; user names and passwords never are.",
    mend: "Write `oci://registry.example.com/team/ridge:3`, or `oci://registry.example.com/team/ridge@sha256:...`. `docker login` opens what is not public.",
  },
  "source/bad-endpoint": {
    title: "`HF_ENDPOINT` is not the address of a hub",
    why: "It must be `http://` or `https://`, a host, and a path where the hub is below one. A user or a password in it would be told to everybody who sees the address.",
    mend: "`HF_ENDPOINT=https://models.example.com`; a token belongs into `HF_TOKEN`.",
  },
  "source/bad-listing": {
    title: "what a hub says of a repository makes no sense",
    why: "It is not JSON, or names no commit, or a list of files has no end, or leads to another host, which would be told who you are. A page for people, or a proxy that wants a login, answers like this.",
    mend: "Check `HF_ENDPOINT` and `HTTPS_PROXY`, and open the address in a browser.",
  },
  "source/bad-redirect": {
    title: "a server sends a request on to no address of the web",
    why: "Only `http` and `https` are followed. An address of a file on this machine, or the like, is not for a server to choose.",
    mend: "Name the final address of the model.",
  },
  "source/bad-token": {
    title: "a hub does not take the token",
    why: "It is of another hub, has run out, was made invalid, or is not the token alone.",
    mend: "Set `HF_TOKEN` to another one, or `hf auth login`, which keeps one where mlpackage finds it.",
  },
  "source/changed": {
    title: "a file was replaced, or is gone",
    why: "What is there now is not what was pinned, in the lock or a moment before, so it is not taken for it.",
    mend: "Apply again. With `sha256` on the model, or a version in its source, you decide which one is meant; `mlpackage lock --upgrade models` takes what is there now.",
  },
  "source/credentials-in-url": {
    title: "the address of a model holds a user name, a password or a token",
    why: "The file is committed and read by everybody, and so is the lock.",
    mend: "Take them out, and change the password, or make the token invalid: it may be known by now.",
  },
  "source/digest-mismatch": {
    title: "a model is not the file that was named",
    why: "Its SHA-256 is another than the one in the file or in the lock. Somebody has replaced it, or the download is of something else.",
    mend: "If the change is meant, write the new `sha256`, or `mlpackage lock --upgrade models` where the lock has it.",
  },
  "source/empty": {
    title: "no file belongs to a model",
    why: "The folder is empty, or `include` and `exclude` leave nothing of it.",
    mend: 'Globs are matched against paths inside the folder, and `**` spans folders: `include: ["**/*.bin"]`.',
  },
  "source/gated": {
    title: "a repository is gated",
    why: "Whoever wants its files has to accept its terms first, on its page, and to say who they are.",
    mend: "Accept the terms, then set `HF_TOKEN`, or `hf auth login`. A fine-grained token needs the right to read gated repositories.",
  },
  "source/hub-cache-only": {
    title: "what a model consists of was read from the local cache alone",
    why: "`HF_HUB_OFFLINE` is set, and the lock does not say which files the model has. The cache has those that somebody downloaded, and nobody can say whether they are all.",
    mend: "Unset `HF_HUB_OFFLINE` and `mlpackage lock` once: the lock then says which files there are, and every one of them is demanded.",
  },
  "source/hub-offline": {
    title: "a repository is not here, and nobody may be asked",
    why: "`HF_HUB_OFFLINE` is set, and neither the cache of mlpackage nor that of the hub's own client has it.",
    mend: "Unset `HF_HUB_OFFLINE`, or `hf download ORG/REPO` where there is a network. `HF_HUB_CACHE` and `HF_HOME` name the cache.",
  },
  "source/endless-list": {
    title: "the list of a model's files has no end",
    why: "A server names page after page, or the same page again. What is listed so is no model, or no server of models.",
    mend: "Name a folder further down, or one file; `include` chooses among what is listed, and does not shorten the list.",
  },
  "source/insecure-redirect": {
    title: "a server sends a request on from https to http",
    why: "From there on, anybody on the way could replace the model.",
    mend: "Name the final address yourself, with its `sha256`.",
  },
  "source/link-outside": {
    title: "a part of a model is a link that leads out of the package",
    why: "On another machine it leads somewhere else, or nowhere.",
    mend: "Copy the file into the package.",
  },
  "source/nameless-layer": {
    title: "a layer of a model does not name its file",
    why: "A layer that is a file has its path in an annotation, `org.cncf.model.filepath` or `org.opencontainers.image.title`, and this one has none.",
    mend: "Have the model pushed again by a tool that writes it: `mlpackage model push`, `modctl`, `oras push`.",
  },
  "source/no-credentials": {
    title: "what should say who you are to a place of models does not",
    why: "A profile, a token or a file of credentials is named, or is there, and gives none: it is misspelled, it has expired, or it is damaged. Nobody is asked for a model as somebody else than was meant.",
    mend: "Log in anew with the place's own tool: `aws sso login`, `gcloud auth application-default login`. For what is public, `AWS_NO_SIGN_REQUEST=1` asks S3 as nobody.",
  },
  "source/mlflow-setting": {
    title: "a variable of MLflow's is missing, or cannot be heeded",
    why: "`mlflow:` asks the server of `MLFLOW_TRACKING_URI`, and for registered models that of `MLFLOW_REGISTRY_URI` where it is set. Certificates are always checked, and are those that Node trusts; who you are is said by a user and a password, or by a token.",
    mend: "Set what the message names: `MLFLOW_TRACKING_URI=https://mlflow.example.com`. A certificate of your own goes into `NODE_EXTRA_CA_CERTS`.",
  },
  "source/no-identity": {
    title: "a server does not tell one version of a file from another",
    why: "It sends neither an `ETag` nor a time of change. Nobody could say whether the model is still the same.",
    mend: "Add the file's `sha256` to the model: `curl -L URL | sha256sum` prints it.",
  },
  "source/no-space": {
    title: "the cache folder has no room for a model",
    why: "What is downloaded goes into the cache folder, whole, before it goes into an image. It was found out before anything was asked for.",
    mend: "Type `mlpackage cache gc` to remove what is not in use, or set `MLPACKAGE_CACHE_DIR` to a folder on another disk.",
  },
  "source/no-such-path": {
    title: "a repository has no such file or folder",
    why: "At the revision that is asked for, nothing lies at that path.",
    mend: "Check the spelling and the case on the repository's page. Without a path, `include` chooses among all files.",
  },
  "source/no-such-repository": {
    title: "a repository does not exist or is private",
    why: "The hub answers both alike, so that nobody learns which private ones there are.",
    mend: "Check the spelling. For a private one, set `HF_TOKEN` or `hf auth login`. A dataset is `hf://datasets/ORG/REPO`.",
  },
  "source/no-such-revision": {
    title: "a repository has no such revision",
    why: "Neither a branch nor a tag nor a commit is called so.",
    mend: "Its page lists them. A `/` in a revision is written `%2F`: `hf://org/repo@feature%2Fone/model.bin`.",
  },
  "source/not-a-bucket-address": {
    title: "an address is none of an object in a bucket",
    why: "A bucket's name has letters, digits, dots, dashes and underscores, and a version belongs to one object.",
    mend: "Write `s3://BUCKET/KEY` or `gs://BUCKET/OBJECT`. A slash behind it takes all that is below; `?versionId=` of S3 and `#GENERATION` of Cloud Storage name one version.",
  },
  "source/not-a-file-url": {
    title: "an address is none of a file",
    why: "The last part of its path becomes the file's name in the image, and there is none.",
    mend: "Name the file itself: `https://models.example.com/ridge/3/ridge.pkl`.",
  },
  "source/not-a-repository": {
    title: "a reference names no repository",
    why: "Behind `hf://` there is the kind, if it is no model, then organization and repository, then perhaps a revision and a path.",
    mend: "`hf://org/repo`, `hf://org/repo@v1.0/onnx`, `hf://datasets/org/repo`.",
  },
  "source/not-an-azure-model": {
    title: "a source is not an Azure ML model",
    why: "A model and its version are needed: `azureml:NAME:VERSION`, `azureml:NAME@latest`, or the id of a version with its workspace. Those of a registry that several workspaces share cannot be brought.",
    mend: "`az ml model list` lists the models of a workspace, and `--name NAME` the versions of one.",
  },
  "source/not-an-azure-blob": {
    title: "an address is none of a blob in Azure Storage",
    why: "The account and the container are needed: `az://ACCOUNT/CONTAINER/BLOB`, `az:///CONTAINER/BLOB`, `wasbs://CONTAINER@ACCOUNT.blob.core.windows.net/BLOB` or `abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/BLOB`. After it come `?versionid=` or `?snapshot=`, of a single blob, and nothing else: the file is for everybody to read.",
    mend: "Put a SAS into `AZURE_STORAGE_SAS_TOKEN`, and an endpoint of your own into `AZURE_STORAGE_CONNECTION_STRING`. What is no letter, digit or `-._~/` in a name is written as in any address: `%20`.",
  },
  "source/not-a-model": {
    title: "what a registry has under a reference is no model",
    why: "It is an image, a signature or something else: neither a ModelPack, nor a ModelKit, a Docker Model or files with names.",
    mend: "`mlpackage model inspect REFERENCE` says what a reference names. An image is for `base_image`.",
  },
  "source/not-for-platform": {
    title: "an index has several models, and none for this platform",
    why: "Which of them is meant cannot be told.",
    mend: "Name one of its manifests by its digest: `oci://registry.example.com/team/ridge@sha256:...`.",
  },
  "source/not-an-mlflow-uri": {
    title: "a source is not an MLflow model",
    why: "After `mlflow:` comes a URI of MLflow's own: a version, an alias or the latest of a registered model, the id of a logged one, or a path among the artifacts of a run.",
    mend: "Write `mlflow:models:/ridge/3`, `mlflow:models:/ridge@champion`, `mlflow:models:/ridge/latest`, `mlflow:models:/MODEL_ID` or `mlflow:runs:/RUN_ID/ridge`.",
  },
  "source/not-found": {
    title: "a model's source does not exist",
    why: "A path is relative to the folder of `mlpackage.yaml`. Of a place elsewhere: nothing lies there.",
    mend: "Check the spelling and the case; `mlpackage validate` checks all paths at once.",
  },
  "source/not-in-registry": {
    title: "a registry has no such model",
    why: "The repository, or the tag in it, is not there. To who is not logged in, what is not public looks the same in some registries.",
    mend: "Check the name and the tag; `docker login registry.example.com` opens what is not public.",
  },
  "source/not-ready": {
    title: "a model is not ready at MLflow",
    why: "It is still being registered, or that has failed, or no version of it is in that stage. Its files may be missing or incomplete.",
    mend: "Wait until MLflow shows it as ready, or name another version.",
  },
  "source/outside-package": {
    title: "a model lies outside of the package's folder",
    why: "All that goes into the image lies beside `mlpackage.yaml`, so that a clone makes the same image.",
    mend: "Copy it into the folder, or move `mlpackage.yaml` up, so that both lie below it.",
  },
  "source/refused": {
    title: "a server refuses to give a model",
    why: "404 says that it is not there, 401 and 403 that it is not public; 429 and 5xx may pass, and were tried again.",
    mend: "Open the address in a browser that is not logged in. What only some may have, lay into the package's folder before the run.",
  },
  "source/sha256-of-folder": {
    title: "a folder is given a `sha256`",
    why: "That is the digest of one file. Of a folder, each file has its own, and they stand in the lock.",
    mend: "Take `sha256` out, or name one file of the folder.",
  },
  "source/stored-compressed": {
    title: "an object of Cloud Storage is stored compressed, and its name does not say so",
    why: "It was uploaded with `Content-Encoding: gzip`. Whoever reads it gets the file or the compressed bytes, by what they ask for, and its digests are those of the compressed bytes. The model would not be the file that was meant, or nobody could say that it is.",
    mend: "Upload it as it is: `gcloud storage cp model.pkl gs://BUCKET/model.pkl`, without `--gzip-local`. An object whose name ends with `.gz` or `.tgz` comes as it is stored.",
  },
  "source/too-many-redirects": {
    title: "a server sends a request on and on",
    why: "It most likely leads in a circle.",
    mend: "Open the address in a browser, and name where it ends.",
  },
  "source/dvc-pointer": {
    title: "a model is kept by DVC, and is not here",
    why: "Beside its place lies the `.dvc` file that says which model it is. Only DVC knows where the model itself is kept, and how to log in there.",
    mend: "Fetch it: `dvc pull models/ridge.pkl.dvc`. The `source` is the model, `models/ridge.pkl`, and not the `.dvc` file.",
  },
  "source/git-lfs-answer": {
    title: "what a server of git-lfs answers makes no sense",
    why: "It is not JSON, leaves objects out, or names addresses that are not of the web. A page to log in at, or a proxy, answers like this.",
    mend: "`git lfs env` prints the endpoint: check it, and `lfs.url` in `.lfsconfig` if that is where it comes from.",
  },
  "source/git-lfs-object": {
    title: "a server of git-lfs does not have a model",
    why: "The pointer was pushed and the model was not, or the server has lost it.",
    mend: "Whoever added the model types `git lfs push --all origin`. What another clone has can be copied from there.",
  },
  "source/git-lfs-pointer": {
    title: "models are pointers of git-lfs, and nothing says where the models are",
    why: "The clone has three lines of text in their place. What they point to is fetched where the clone has a remote that is reached over the web, and this one has none; or extensions of git-lfs made it, which only git-lfs can undo.",
    mend: 'Fetch the files: `git lfs pull`, or `git lfs pull --include="models/ridge.pkl"` for one. In CI, have the checkout do it (`lfs: true`).',
  },
  "source/git-lfs-refused": {
    title: "a server of git-lfs lets nobody in without a login",
    why: "Models that pointers stand for are fetched as anybody would, without a user or a token. A private repository says no, or says that it does not exist.",
    mend: 'Have git-lfs fetch them, which knows how you log in: `git lfs pull`, or `git lfs pull --include="models/ridge.pkl"` for one.',
  },
  "source/unexpected-answer": {
    title: "a server answers, and not as it should",
    why: "A page to log in at, or another program, may be at that address; or what it tells leads nowhere.",
    mend: "Open the address in a browser, and check the variable that names it: `MLFLOW_TRACKING_URI`.",
  },
  "source/unknown-artifact-store": {
    title: "MLflow has a model's files where nothing here can fetch them",
    why: "MLflow does not hand them out itself but names a store, and there is no source for it; or they are on the disk of its server.",
    mend: "Start the server as `mlflow server --serve-artifacts` and log the model there, or copy the files to where they can be fetched from, and name that as the model's `source`.",
  },
  "source/unsafe-name": {
    title: "a file of a model has a name that is not safe",
    why: "It would lead out of the model's folder, or some file system takes it for another name than another does, or it is the same as another one there.",
    mend: "Leave it out by `exclude`, or have it renamed where it comes from.",
  },
  "source/unreachable": {
    title: "a model could not be downloaded",
    why: "The server does not answer, or the connection broke off, several times.",
    mend: "Check the address and the network; `HTTPS_PROXY` names a proxy.",
  },
  "source/wrong-size": {
    title: "a file has another size than its place says",
    why: "The list of files says one size and what came has another: it was cut short on the way, or replaced meanwhile.",
    mend: "Apply again. If it stays so, the place itself is damaged: have the file uploaded anew.",
  },
};
