/** A package that is not what a package of conda is, or would leave its folder; the message goes on from its name. */
export class BadPackage extends Error {}
