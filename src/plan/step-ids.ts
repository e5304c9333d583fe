/** The steps that each package has one of. */
export const RENDER = "render";
export const LOCK = "lock:packages";
export const LOCK_OF_CONDA = "lock:conda";
export const CONDA = "conda:packages";
export const ENVIRONMENT = "build:environment";
export const IMAGE = "build:image";
export const LOAD = "load:image";
export const TEST = "test";
