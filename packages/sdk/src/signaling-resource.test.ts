import { describe, expect, it } from 'vitest';
import { RoomtapeClientError } from './errors.ts';
import { SignalingResource } from './signaling-resource.ts';
import { type Answer, created, FakeEnvironment, refused } from './testing/fake-environment.ts';

const URL_OF_STREAM = 'http://rec.test/whip/room/camera';

function open(answer: Answer) {
  const environment = new FakeEnvironment();
  environment.answer = answer;
  const opened = SignalingResource.open({ environment, url: URL_OF_STREAM, token: 'secret' }, 'offer');
  return { environment, opened };
}

describe('SignalingResource', () => {
  it('posts the offer with the token and takes Location relative to the endpoint', async () => {
    const { environment, opened } = open(() => created('/whip/session/7', 'answer'));

    const { resource, answerSdp } = await opened;
    await resource.close();

    expect(answerSdp).toBe('answer');
    expect(environment.requests[0]).toMatchObject({
      method: 'POST',
      url: URL_OF_STREAM,
      headers: { 'Content-Type': 'application/sdp', Authorization: 'Bearer secret' },
      body: 'offer',
    });
    expect(environment.requests[1]).toMatchObject({ method: 'DELETE', url: 'http://rec.test/whip/session/7' });
  });

  it('trickles with the ETag of the session', async () => {
    const { environment, opened } = open((request) =>
      request.method === 'POST' ? created('/s') : new Response(null, { status: 204 }),
    );

    const { resource } = await opened;
    await resource.trickle('fragment');

    expect(environment.requests[1]).toMatchObject({
      method: 'PATCH',
      headers: { 'If-Match': '"1"', 'Content-Type': 'application/trickle-ice-sdpfrag' },
      body: 'fragment',
    });
  });

  it('stops trickling at a server that does not take it', async () => {
    const { environment, opened } = open((request) =>
      request.method === 'POST' ? created('/s') : new Response(null, { status: 405 }),
    );

    const { resource } = await opened;
    await resource.trickle('a');
    await resource.trickle('b');

    expect(resource.trickles).toBe(false);
    expect(environment.requests.filter((request) => request.method === 'PATCH')).toHaveLength(1);
  });

  it('restarts ICE whatever the session is, and uses the new ETag afterwards', async () => {
    const { environment, opened } = open((request) => {
      if (request.method === 'POST') return created('/s');
      return new Response('fresh', { status: 200, headers: { ETag: '"2"' } });
    });

    const { resource } = await opened;
    const fragment = await resource.restart('mine');
    await resource.trickle('later');

    expect(fragment).toBe('fresh');
    expect(environment.requests.map((request) => request.headers['If-Match'])).toEqual([undefined, '*', '"2"']);
  });

  it('rejects with the error of the server, word for word', async () => {
    const { opened } = open(() => refused(409, 'STREAM_TAKEN'));

    const error = await opened.catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(RoomtapeClientError);
    expect(error).toMatchObject({
      code: 'STREAM_TAKEN',
      message: 'STREAM_TAKEN!',
      whatToDo: 'Do it.',
      retryable: false,
    });
  });

  it.each([
    ['an HTML page', () => new Response('<h1>no</h1>', { status: 502 }), 'UNEXPECTED_ANSWER', true],
    ['a success without Location', () => new Response('x', { status: 201 }), 'UNEXPECTED_ANSWER', false],
    ['no answer at all', () => undefined, 'NETWORK', true],
  ])('names %s as an error with a code', async (_name, answer, code, retryable) => {
    const { opened } = open(answer);

    expect(await opened.catch((thrown: unknown) => thrown)).toMatchObject({ code, retryable });
  });
});
