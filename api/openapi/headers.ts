/** Headers of requests and answers, as the description has them. */

export const HEADERS = {
  'Request-Id': {
    description: 'Leads to the request in the log; give it to whoever helps you.',
    schema: { type: 'string' },
  },
  'Sarraf-Version': {
    description: 'The version of the API that the answer has.',
    schema: { type: 'string', format: 'date' },
  },
  Location: { description: 'Where the object can be read.', schema: { type: 'string' } },
  'Retry-After': {
    description: 'Seconds until a repetition makes sense.',
    schema: { type: 'string', pattern: '^[0-9]+$' },
  },
  'Idempotent-Replayed': {
    description: '`true`: the answer that the first request with this `Idempotency-Key` got.',
    schema: { type: 'string', enum: ['true'] },
  },
  RateLimit: {
    description: 'What is left of the limit of this key, where there is one.',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': { description: 'The limit itself, where there is one.', schema: { type: 'string' } },
} as const;

export const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Repeating the request with the same key is safe and gets the same answer. A random UUID is a good one; it is remembered for 48 hours.',
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]+$' },
} as const;

export const VERSION_HEADER = {
  name: 'Sarraf-Version',
  in: 'header',
  required: false,
  description: 'The version that the answer shall have; the present one without it.',
  schema: { type: 'string', format: 'date' },
} as const;
