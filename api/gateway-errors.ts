/** What a failed call to the workflow engine means. Decided by names and codes: classes can be loaded twice. */

const GRPC_DEADLINE = 4;
const GRPC_NOT_FOUND = 5;
const GRPC_FAILED_PRECONDITION = 9;
const GRPC_UNIMPLEMENTED = 12;

/**
 * gRPC codes of an engine that cannot take the call now: canceled, unknown, exhausted, failed precondition,
 * aborted, internal, unavailable.
 */
const UNAVAILABLE = new Set([1, 2, 8, GRPC_FAILED_PRECONDITION, 10, 13, 14]);

/** How often an update is sent that the engine has dropped, in all. */
const UPDATE_ATTEMPTS = 5;

/** True when the call was given up while it may still be worked on. */
export function isDeadline(error: unknown): boolean {
  return nameOf(error) === 'WorkflowUpdateRPCTimeoutOrCancelledError' || grpcCodeOf(error) === GRPC_DEADLINE;
}

/** True when no workflow of that id is running. */
export function isNoSuchWorkflow(error: unknown): boolean {
  return nameOf(error) === 'WorkflowNotFoundError' || grpcCodeOf(error) === GRPC_NOT_FOUND;
}

/** True when the engine is too old for the call, or does not allow it to anybody. */
export function isUnimplemented(error: unknown): boolean {
  return grpcCodeOf(error) === GRPC_UNIMPLEMENTED;
}

/** True when the engine could not be reached or did not take the call, or was not called for want of a turn. */
export function isUnreachable(error: unknown): boolean {
  const name = nameOf(error);
  if (name === 'TimeLimitError' || name === 'NoTurnError') return true;
  const code = grpcCodeOf(error);
  return code !== null && UNAVAILABLE.has(code);
}

/**
 * Repeats an update that the engine has dropped: when a signal arrives in the very moment a workflow task completes, the
 * task is done again and updates it carried are refused with "failed precondition"; and of many updates that reach one
 * workflow at once some come back as not processed. `send` must be safe to repeat.
 */
export async function repeatDropped<T>(send: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await send();
    } catch (error) {
      if (!wasDropped(error) || attempt === UPDATE_ATTEMPTS) throw error;
    }
  }
}

function wasDropped(error: unknown): boolean {
  return grpcCodeOf(error) === GRPC_FAILED_PRECONDITION || isUnprocessedUpdate(error);
}

/** The server's word for an update that was handed to a worker and that the worker neither accepted nor refused. */
function isUnprocessedUpdate(error: unknown): boolean {
  if (nameOf(error) !== 'WorkflowUpdateFailedError' || !(error instanceof Error)) return false;
  const { cause } = error;
  return cause instanceof Error && 'type' in cause && cause.type === 'UnprocessedUpdate';
}

function nameOf(error: unknown): string | null {
  return error instanceof Error ? error.name : null;
}

/** The gRPC status code of an error or of what caused it. */
function grpcCodeOf(error: unknown): number | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'number') return error.code;
  return error.cause === error ? null : grpcCodeOf(error.cause);
}
