export const DEPLOYMENT_FORMATS = ["kubernetes", "compose"] as const;
export type DeploymentFormat = (typeof DEPLOYMENT_FORMATS)[number];
