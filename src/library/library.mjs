// The bundle is a script of Node's older kind; this is the module that others import.
import library from "./library.js";

export const { validate, plan, apply } = library;
