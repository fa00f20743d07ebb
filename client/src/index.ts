/** Client of the Sarraf payment API. */
export { createClient, type Client } from './client.ts';
export {
  ApiError,
  AuthenticationError,
  ConflictError,
  ConnectionError,
  DeclinedError,
  InvalidRequestError,
  NotFoundError,
  PermissionError,
  RateLimitError,
  SarrafError,
  ServerError,
  TimeoutError,
  type FieldError,
} from './errors.ts';
export type * from './events.ts';
export type * from './expand.ts';
export type { Listing, Page } from './listing.ts';
export * from './objects.ts';
export type * from './requests.ts';
export type { CallOptions, ClientOptions, QueryValue, RequestOptions, Transport } from './transport.ts';
export {
  signWebhook,
  verifyWebhook,
  WebhookVerificationError,
  type VerifyOptions,
  type WebhookHeaders,
  type WebhookRefusal,
} from './webhook.ts';
