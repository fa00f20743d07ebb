/** Every error code the API answers with. `docs/errors.md` is this table for people; a test compares the two. */

interface ErrorKind {
  readonly status: number;
  readonly title: string;
  /** For people: when it is answered and what to do. One paragraph of the documentation. */
  readonly about: string;
}

const kinds = {
  invalid_json: {
    status: 400,
    title: 'The body is not valid JSON',
    about:
      'The body could not be read as UTF-8 JSON. `detail` names line, column and what was expected there. Correct it and send it again.',
  },
  invalid_csv: {
    status: 400,
    title: 'The file is not readable text',
    about: 'A settlement file is CSV (RFC 4180) in UTF-8. Save it in this encoding and send it again.',
  },
  nesting_too_deep: {
    status: 400,
    title: 'The body is nested too deeply',
    about: 'Objects and arrays may be nested 32 deep. No documented field needs more than four levels.',
  },
  malformed_request: {
    status: 400,
    title: 'The request is malformed',
    about:
      'The URL, a header or the framing of the request is broken: for example a percent sign without two hexadecimal digits, or a body shorter than its declared length.',
  },
  invalid_idempotency_key: {
    status: 400,
    title: 'The Idempotency-Key is not usable',
    about:
      'An `Idempotency-Key` has 1 to 255 printable ASCII characters and is sent once per request. A random UUID is a good one.',
  },
  unknown_version: {
    status: 400,
    title: 'There is no such version of the API',
    about:
      'The header `Sarraf-Version` names no version that is or was. Leave it out to get the present one, which every answer names in the same header.',
  },
  request_timeout: {
    status: 408,
    title: 'The request took too long to arrive',
    about:
      'Headers have to be there within 10 seconds and the whole request within 30. Send it again on a new connection.',
  },
  headers_too_large: {
    status: 431,
    title: 'The headers are too large',
    about:
      'The address and the headers of a request may have 16 KB together. Cookies of other sites are a common reason.',
  },
  unauthenticated: {
    status: 401,
    title: 'A valid API key is needed',
    about:
      'Send `Authorization: Bearer sk_…`, or the key as the user name of HTTP Basic. The key is missing, malformed, unknown, revoked or has expired; which of these is not said. Calls under `/v1/merchants` take the key of an operator (`sk_operator_…`) instead.',
  },
  sign_in_refused: {
    status: 401,
    title: 'Name and password do not fit',
    about:
      'Operations pages only. There is nobody of this name with this password; which of the two is wrong is not said.',
  },
  sign_in_blocked: {
    status: 429,
    title: 'Too many attempts to sign in',
    about:
      'Operations pages only. After a few failures each further attempt with this name, or from this address, has to wait, up to 15 minutes. `Retry-After` says how long.',
  },
  role_missing: {
    status: 403,
    title: 'Your role does not allow this',
    about: 'Operations pages only. Somebody with a role that may do more has to do it.',
  },
  form_not_ours: {
    status: 403,
    title: 'The form was not accepted',
    about:
      'Operations pages only. The form was sent by another site, or its session has ended. Reload the page and send it again.',
  },
  webhook_refused: {
    status: 401,
    title: 'The webhook was refused',
    about:
      'For payment providers: the signature is missing or wrong, the timestamp is too old, or it belongs to another account. Nothing was stored.',
  },
  payment_declined: {
    status: 402,
    title: 'The payment was declined',
    about:
      "The provider or the customer's bank said no; `detail` repeats the reason given. The invoice stays payable: let the customer try again or choose another payment service.",
  },
  insufficient_scope: {
    status: 403,
    title: 'The API key may not do that',
    about:
      'The key is valid and lacks a scope; `detail` names it. Use another key, or have one with the scope `admin` change this one: `PATCH /v1/api_keys/{id}`. A key can hand out only scopes that it has itself.',
  },
  sandbox_only: {
    status: 403,
    title: 'Only in the sandbox',
    about: 'This call moves the clock of play money. Use a sandbox key (`sk_sandbox_…`).',
  },
  unknown_route: {
    status: 404,
    title: 'There is no such address',
    about: 'The path is not part of the API. `detail` names the nearest one that is.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    about:
      'There is no such object for this API key. An object of another merchant, or of the other mode (live or sandbox), gets exactly this answer too.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    about: 'The address exists, the method does not; the `Allow` header lists those that do.',
  },
  idempotency_in_progress: {
    status: 409,
    title: 'The same request is still running',
    about:
      'Another request with this `Idempotency-Key` has not been answered yet. Wait for the seconds in `Retry-After` and repeat it.',
  },
  invoice_not_payable: {
    status: 409,
    title: 'The invoice takes no payments',
    about:
      'It is paid, expired or canceled; `detail` says which. Make a new invoice when money is still owed.',
  },
  invoice_not_cancelable: {
    status: 409,
    title: 'The invoice cannot be canceled',
    about: 'Money has come, or the invoice has already ended; `detail` gives its status.',
  },
  payment_not_cancelable: {
    status: 409,
    title: 'The payment cannot be canceled',
    about:
      'Money has come, or the provider has not answered yet whether it has the payment; `detail` gives its status. What is authorized is voided.',
  },
  webhook_not_waiting: {
    status: 409,
    title: 'The webhook has ended',
    about: 'Operations pages only. It was applied, given up, or its content is gone; its page says which.',
  },
  no_earlier_run: {
    status: 409,
    title: 'There is no earlier reconciliation run',
    about:
      'Changes are told against an earlier finished run of the same provider account and day, and there is none. Ask again after a second run, or name a run in `against`.',
  },
  invoice_in_flight: {
    status: 409,
    title: 'The invoice is still in flight',
    about:
      'Personal data is erased only when the invoice and all its payments have ended: until then it is needed to collect the money. Cancel the invoice, or wait until it is paid or expires and its payments run out; then repeat.',
  },
  invoice_not_in_flight: {
    status: 409,
    title: 'Nothing about this invoice is in flight',
    about: 'Its workflow has ended, so there is no clock to move.',
  },
  too_many_api_keys: {
    status: 409,
    title: 'Two keys of this label are active',
    about:
      'A label has at most two active keys: the present one and the one that takes its place. Revoke the one that is not used any more, or give the new key a `label` of its own.',
  },
  api_key_ended: {
    status: 409,
    title: 'The API key has ended',
    about: 'It is revoked or has expired, and does not come back. Make a new one.',
  },
  provider_account_exists: {
    status: 409,
    title: 'There is such a provider account',
    about:
      'You have an account of this label at this provider in this mode. Give the new one a `label` of its own, or rotate the credentials of the one there is.',
  },
  provider_account_changed: {
    status: 409,
    title: 'The provider account is being changed',
    about:
      'Somebody else changed it, or is registering its webhook, at the same moment. Read it, and repeat the request if it still makes sense.',
  },
  routing_changed: {
    status: 409,
    title: 'The routing has been changed',
    about:
      'Somebody else replaced the rules since you read the `revision` that you sent. Read them again, and send your change on top of those; without `revision` the rules are replaced whatever they are.',
  },
  webhook_endpoint_changed: {
    status: 409,
    title: 'The webhook endpoint is being changed',
    about:
      'Somebody else rotated its secret at the same moment. Read it, and repeat the request if it still makes sense.',
  },
  webhook_endpoint_disabled: {
    status: 409,
    title: 'The webhook endpoint is disabled',
    about:
      'Nothing is sent to an endpoint that is disabled or deleted. Enable it with `PATCH /v1/webhook_endpoints/{id}` and `{"enabled": true}`, then repeat.',
  },
  too_many_webhook_endpoints: {
    status: 409,
    title: 'There are too many webhook endpoints',
    about:
      'A merchant may have 20 in each mode, because each of them costs every event a delivery. Delete one, or have yours pass on what it gets.',
  },
  too_many_rotations: {
    status: 409,
    title: 'Too many earlier credentials still count',
    about:
      'Webhooks may be proved with at most ten earlier sets of credentials of an account, and signed with at most ten earlier secrets of an endpoint. Wait until an overlap ends, or rotate with `"overlap_s": 0`, which ends all of them at once.',
  },
  body_too_large: {
    status: 413,
    title: 'The body is too large',
    about: 'API requests may have 64 KB, settlement files 64 MB, webhooks of providers 256 KB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The content type is not supported',
    about: 'Send `Content-Type: application/json`, in UTF-8 and without a content encoding.',
  },
  validation_failed: {
    status: 422,
    title: 'Some fields are not valid',
    about:
      'Nothing was stored. `errors` lists all fields at fault at once, each with a JSON pointer, a code, what is wrong and what was expected.',
  },
  idempotency_key_reused: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    about: 'A key belongs to one method, path and body. Use a new key for a new request.',
  },
  not_supported_by_provider: {
    status: 422,
    title: 'The provider cannot do that',
    about:
      'The provider of this payment has no such operation: it takes the money at once (nothing to capture or void), or it has no refunds. For a refund that you make yourself, by bank transfer for example, repeat the request with `"manual": true`, which records it.',
  },
  payment_not_authorized: {
    status: 409,
    title: 'The payment is not authorized',
    about:
      'Only what the customer has agreed to and the provider confirms as authorized can be captured or voided. Wait for `payment.authorized`.',
  },
  authorization_ended: {
    status: 409,
    title: 'The authorization has ended',
    about:
      'It was voided, has run out or was refused; nothing can be captured any more. Ask for a new payment.',
  },
  nothing_to_capture: {
    status: 409,
    title: 'Nothing is left to capture',
    about: 'All that was authorized is captured, or its capture is on its way.',
  },
  amount_exceeds_capturable: {
    status: 409,
    title: 'More than can be captured',
    about:
      'Captures of a payment, those on their way included, never exceed what was authorized. `GET /v1/payments/{id}` says what is left.',
  },
  captured_already: {
    status: 409,
    title: 'The payment is captured already',
    about: 'This provider allows one capture per payment, and there is one.',
  },
  operation_in_progress: {
    status: 409,
    title: 'Another operation is under way',
    about:
      'A capture or void of this payment is on its way or its outcome is not known yet. `GET /v1/payments/{id}` says how it stands; repeat when it has ended.',
  },
  nothing_to_refund: {
    status: 409,
    title: 'Nothing is left to refund',
    about: 'No money has come, or all of it went back, or its refund is on its way.',
  },
  amount_exceeds_refundable: {
    status: 409,
    title: 'More than can be refunded',
    about:
      'Refunds of a payment, those on their way included, never exceed the money that came. `GET /v1/payments/{id}` says what is left.',
  },
  full_refund_only: {
    status: 409,
    title: 'The provider refunds all or nothing',
    about: 'Leave `amount` out, or give the whole amount that came.',
  },
  case_resolved: {
    status: 409,
    title: 'The case has been decided',
    about:
      'Somebody was faster; `detail` says who and how. What was decided is not taken back: make a refund or a new payment where something is to be changed.',
  },
  decision_not_possible: {
    status: 409,
    title: 'The decision does not fit',
    about:
      'This kind of case does not know that decision, its money has gone back by another way, or its provider has no such refund. `possible_decisions` of the case says what fits; a refund by hand is always possible while money is there.',
  },
  provider_id_needed: {
    status: 422,
    title: "The provider's id is needed",
    about:
      'To say that something exists at the provider, name it: `provider_id` is the id of the payment, capture or refund in its dashboard. The next reading is compared with it, so that nothing is counted twice.',
  },
  provider_contradicts: {
    status: 409,
    title: 'The provider says otherwise',
    about:
      'The provider has no payment of that id, or one of another reference, amount or currency. Look again.',
  },
  provider_refused: {
    status: 422,
    title: 'The provider refuses the request',
    about:
      'The provider does not take the request as it stands; `detail` repeats what it said. Repeating it unchanged is pointless.',
  },
  too_many_requests: {
    status: 429,
    title: 'Too many requests',
    about:
      'A key has sent more requests in a minute than it may, or an address too many without a valid key. Nothing was done; repeat after the seconds in `Retry-After`. `RateLimit` on every answer says how many are left.',
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong here',
    about:
      'A mistake of ours, logged under the request id. A repetition with the same `Idempotency-Key` is safe.',
  },
  test_clock_unavailable: {
    status: 501,
    title: 'Clocks cannot be moved here',
    about:
      'The Temporal server behind this API does not let the time of a workflow be moved. `npm start` brings one that does. One of your own has to be 1.32 or newer and needs `frontend.WorkflowTimeSkippingEnabled=true`: for `temporal server start-dev` that is `--dynamic-config-value frontend.WorkflowTimeSkippingEnabled=true`. Nothing was changed.',
  },
  provider_credentials_rejected: {
    status: 502,
    title: "The provider rejects the account's credentials",
    about:
      'The credentials of the provider account are wrong or lack a right. Correct them; the invoice stays payable.',
  },
  provider_unavailable: {
    status: 503,
    title: 'The provider is temporarily unavailable',
    about:
      'The provider could not be reached or asks us to slow down, and nothing happened there. An invoice is intact and payable: repeat after `Retry-After`, also with the same `Idempotency-Key`, or choose another payment service.',
  },
  webhook_unconfirmed: {
    status: 503,
    title: 'The provider did not confirm the webhook',
    about:
      'The answer to the registration of a webhook was lost, so it may have been made. Repeat after `Retry-After`: what is there is found, and nothing is registered twice.',
  },
  provider_unconfirmed: {
    status: 503,
    title: 'A provider could not confirm',
    about:
      'Before an invoice is canceled each provider is asked whether money has come, and one of them could not say. Nothing was canceled; repeat after `Retry-After`.',
  },
  temporarily_unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    about:
      'The database or the workflow engine could not be reached, or calls to the payment service are refused for a while because it did not answer: then nothing was stored, and another payment service can be chosen. Repeat after `Retry-After`; with the same `Idempotency-Key` the repetition goes on with the same object. When something was stored before the failure, `resource_id` names it.',
  },
} satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof kinds;

export const errorCatalogue: Readonly<Record<ErrorCode, ErrorKind>> = kinds;

export const errorCodes = Object.keys(kinds) as readonly ErrorCode[];

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(kinds, code);
}
