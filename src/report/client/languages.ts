/** What `client` can be printed in. */
export const CLIENT_LANGUAGES = ["python", "curl", "typescript"] as const;

export type ClientLanguage = (typeof CLIENT_LANGUAGES)[number];
