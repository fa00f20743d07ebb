export { loadConfig, loadServiceConfig, loadSetupConfig, withStartPorts } from './config.ts';
export type { Config, Secrets, ServiceConfig, TemporalConfig } from './config.ts';
export { ConfigError } from './config-error.ts';
export type { NamedKey } from './parsers.ts';
export { isVariable } from './schema.ts';
export { ensureSecrets } from './secrets.ts';
export { temporalConnectionOptions } from './temporal-connection.ts';
