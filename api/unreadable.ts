/** What Node's HTTP parser refuses before there is a request is answered with problem details, like everything else. */
import { STATUS_CODES, type Server } from 'node:http';
import { newId } from '../db/ids.ts';
import { Problem, problemBody } from './problem.ts';

/** `publicUrl` has no trailing slash. */
export function answerUnreadable(server: Server, publicUrl: string): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // Whoever has gone reads nothing, and in the middle of an answer another one would be taken for a part of it.
    if (
      error.code === 'ECONNRESET' ||
      !socket.writable ||
      ('bytesWritten' in socket && socket.bytesWritten)
    ) {
      socket.destroy();
      return;
    }
    const requestId = newId('req');
    const problem = problemOf(error.code);
    const body = problemBody(problem, requestId, publicUrl);
    const head = [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `Request-Id: ${requestId}`,
      'Cache-Control: no-store',
      'Connection: close',
    ];
    socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  });
  // An expectation that nobody knows may be ignored (RFC 9110); Node would answer 417 without a word.
  server.on('checkExpectation', (request, response) => void server.emit('request', request, response));
}

function problemOf(code: string | undefined): Problem {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return new Problem('headers_too_large', 'the address and the headers are larger than 16 KB together');
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new Problem('request_timeout', 'the request did not arrive as a whole in time');
    default:
      return new Problem('malformed_request', 'this is not HTTP/1.1 as RFC 9112 has it');
  }
}
