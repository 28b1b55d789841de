// The records of the API, as docs/web.md describes them. Shares are 0..1; missing is null.

export * from "./records/run";
export * from "./records/training";
export * from "./records/episode";
export * from "./records/audit";
export * from "./records/inference";
export * from "./records/documents";
export * from "./records/blueprints";
