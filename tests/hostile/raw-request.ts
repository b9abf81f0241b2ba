// HTTP requests as no well-behaved client would write them: paths are sent as they are, headers twice, nothing is
// normalised or refused on this side.

import { request } from 'node:http';

/** What is asked, byte for byte. */
export type RawRequest = {
  readonly method?: string;
  /** Sent as it is: dots, escapes and all. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
};

/** What came back; `code` is that of the error catalogue, empty when the body is none of ours. */
export type RawAnswer = {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
};

/** Sends a request to a server such as `http://127.0.0.1:8080`; a connection closed unanswered has status 0. */
export function rawRequest(
  server: string,
  { method = 'GET', path, headers = {}, body }: RawRequest,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(server);
  return new Promise((resolve) => {
    const sent = request({ hostname, port, method, path, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, code: codeOf(text), text, headers: response.headers });
      });
    });
    // A server that has heard enough answers and hangs up while we still write.
    sent.on('error', () => resolve({ status: 0, code: '', text: '', headers: {} }));
    sent.end(body);
  });
}

function codeOf(text: string): string {
  try {
    return (JSON.parse(text) as { error?: { code?: string } }).error?.code ?? '';
  } catch {
    return '';
  }
}
