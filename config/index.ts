export {
  isLoopback,
  loadClientConfig,
  loadConfig,
  loadServiceConfig,
  loadSetupConfig,
  withStartPorts,
} from './config.ts';
export type { ClientConfig, Config, Secrets, ServiceConfig, TemporalConfig } from './config.ts';
export type { NamedKey } from './parsers.ts';
export { ensureSecrets } from './secrets.ts';
export { temporalConnectionOptions } from './temporal-connection.ts';
