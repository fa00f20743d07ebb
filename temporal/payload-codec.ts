/**
 * Encrypts what the Temporal server keeps of a workflow (arguments, results, signals, failures, summaries): it is the
 * server of somebody else, or others may look into its database. Ids and search attributes stay readable.
 */
import { fileURLToPath } from 'node:url';
import type { DataConverter, Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { TemporalConfig } from '../config/index.ts';
import { createByteSealer } from '../db/sealed.ts';

const { Payload: PayloadMessage } = proto.temporal.api.common.v1;

const ENCODING = Buffer.from('binary/encrypted');
/** What is encrypted for Temporal opens nowhere else, should a key be used twice. */
const CONTEXT = 'temporal-payload';

/** Writes messages and stack traces of failures into a payload, too; loaded by path, into the workflows' bundle as well. */
export const ENCODED_FAILURES = fileURLToPath(new URL('../workflows/encoded-failures.ts', import.meta.url));

/** For client and worker alike: `{ dataConverter }`, or nothing when payloads are not encrypted. */
export function payloadOptions({ payloads }: Pick<TemporalConfig, 'payloads'>): {
  readonly dataConverter?: DataConverter;
} {
  if (payloads === null) return {};
  return {
    dataConverter: {
      payloadCodecs: [createPayloadCodec(payloads)],
      failureConverterPath: ENCODED_FAILURES,
    },
  };
}

/** The first key encrypts, all decrypt. What is not encrypted is refused unless `acceptPlaintext`. */
export function createPayloadCodec({
  keys,
  acceptPlaintext,
}: NonNullable<TemporalConfig['payloads']>): PayloadCodec {
  const sealer = createByteSealer(keys);
  const decode = (payload: Payload): Payload => {
    if (isEncrypted(payload))
      return PayloadMessage.decode(sealer.open(payload.data ?? Buffer.alloc(0), CONTEXT));
    if (acceptPlaintext) return payload;
    throw new Error(
      'Temporal gave a payload that is not encrypted: it was written without TEMPORAL_PAYLOAD_KEY, see TEMPORAL_PAYLOAD_PLAINTEXT',
    );
  };
  return {
    encode: async (payloads) =>
      payloads.map((payload) => ({
        metadata: { encoding: ENCODING },
        data: sealer.seal(PayloadMessage.encode(payload).finish(), CONTEXT),
      })),
    decode: async (payloads) => payloads.map(decode),
  };
}

function isEncrypted({ metadata }: Payload): boolean {
  const encoding = metadata?.['encoding'];
  return encoding !== undefined && encoding !== null && ENCODING.equals(encoding);
}
