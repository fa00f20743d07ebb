/** A transfer of the whole amount, as Finan's webhook tells it. */
export const transfer = (reference: string, request: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    id: `t-${request}`,
    reference_id: reference,
    payment_request_id: request,
    amount: 200_000,
    created_at: new Date().toISOString(),
    ...more,
  });
