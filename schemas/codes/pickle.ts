import type { PagesOf } from "./page.ts";

export const picklePages: PagesOf<"pickle"> = {
  "pickle/unknown-import": {
    title: "a pickle imports what is not known to be harmless",
    why: "A pickle names the functions and classes it is made of, and loading it calls them. These are none of the ones that models of well-known libraries are made of. Often they are your own code.",
    mend: "Look whether you know the names. With `--deny-unsafe-pickle`, or `MLPACKAGE_DENY_UNSAFE_PICKLE=1`, such a model is refused.",
  },
  "pickle/unread": {
    title: "a pickle could not be looked through",
    why: "It is damaged, or written or compressed in a way that is not read here. Nothing is known of what loading it runs, so it does not count as harmless.",
    mend: "Save it again without compression, or by gzip or zlib: `joblib.dump(model, path, compress=3)`.",
  },
  "pickle/unsafe": {
    title: "a pickle can do more than hold a model",
    why: "It names functions that run commands or code, reach other functions, speak to other machines or write files, and loading it would call them. It was read and not loaded: nothing has run.",
    mend: "Take the model from somebody you trust, or in a format that holds no code: ONNX, safetensors, skops. `--deny-unsafe-pickle` refuses such a model before anything is built.",
  },
};
