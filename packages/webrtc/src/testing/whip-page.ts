// A small HTTP server with the page a browser test needs: publish by WHIP, play by WHEP, read statistics.

import { createServer, type IncomingMessage, type Server } from 'node:http';
import { RoomtapeError } from '@roomtape/media';
import type { MediaPlane } from '../media-plane.ts';

const PAGE = `<!doctype html><title>test</title><video id=v autoplay muted playsinline></video><script>
const post = async (url, body) => {
  const response = await fetch(url, { method: 'POST', body });
  if (!response.ok) throw new Error(await response.text());
  return { sdp: await response.text(), location: response.headers.get('location') };
};
const preferring = (kind, codec) => {
  const { codecs } = RTCRtpReceiver.getCapabilities(kind);
  const is = (c) => c.mimeType.toLowerCase() === kind + '/' + codec;
  return [...codecs.filter(is), ...codecs.filter((c) => !is(c))];
};
const timed = (pc) => {
  const startedAt = performance.now();
  pc.onconnectionstatechange = () => {
    if (pc.connectionState === 'connected') pc.connectMs ??= Math.round(performance.now() - startedAt);
  };
  return pc;
};
// Pictures that come before the bitrate is known must not cost the size of all that follow.
const keepSizeAtFirst = (pc, sender) => {
  const prefer = (preference) => {
    const parameters = sender.getParameters();
    parameters.degradationPreference = preference;
    return sender.setParameters(parameters);
  };
  pc.addEventListener('connectionstatechange', () => {
    if (pc.connectionState === 'connected') setTimeout(() => prefer('balanced'), 1000);
  });
  return prefer('maintain-resolution');
};
window.publish = async (codec, rids, keepSize) => {
  const video = { width: 1280, height: 720 };
  const stream = await navigator.mediaDevices.getUserMedia({ video, audio: true });
  window.pc = timed(new RTCPeerConnection());
  const sendEncodings = rids
    ? rids.map((rid, i) => ({ rid, scaleResolutionDownBy: 2 ** (rids.length - 1 - i) }))
    : [{}];
  const transceiver = pc.addTransceiver(stream.getVideoTracks()[0], {
    direction: 'sendonly', streams: [stream], sendEncodings });
  if (keepSize) await keepSizeAtFirst(pc, transceiver.sender);
  transceiver.setCodecPreferences(preferring('video', codec));
  pc.addTransceiver(stream.getAudioTracks()[0], { direction: 'sendonly', streams: [stream] });
  await pc.setLocalDescription();
  const answer = await post('/whip', pc.localDescription.sdp);
  window.session = answer.location;
  await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
};
window.play = async () => {
  window.pc = timed(new RTCPeerConnection());
  const stream = new MediaStream();
  pc.ontrack = ({ track }) => { stream.addTrack(track); document.getElementById('v').srcObject = stream; };
  pc.addTransceiver('video', { direction: 'recvonly' });
  pc.addTransceiver('audio', { direction: 'recvonly' });
  await pc.setLocalDescription();
  const answer = await post('/whep', pc.localDescription.sdp);
  window.session = answer.location;
  await pc.setRemoteDescription({ type: 'answer', sdp: answer.sdp });
};
window.restart = async () => {
  pc.restartIce();
  await pc.setLocalDescription();
  const local = pc.localDescription.sdp;
  const pick = (name) => local.match(new RegExp('a=' + name + ':.*'))[0];
  const fragment = [pick('ice-ufrag'), pick('ice-pwd'), ''].join('\\r\\n');
  const response = await fetch(session, { method: 'PATCH', body: fragment, headers: { 'if-match': '*' } });
  const text = await response.text();
  const fresh = (name) => text.match(new RegExp('a=' + name + ':.*'))[0];
  let sdp = pc.remoteDescription.sdp;
  for (const name of ['ice-ufrag', 'ice-pwd', 'fingerprint']) {
    sdp = sdp.replace(new RegExp('a=' + name + ':.*', 'g'), fresh(name));
  }
  await pc.setRemoteDescription({ type: 'answer', sdp });
};
window.stats = async () => {
  const facts = { state: pc.connectionState, connectMs: pc.connectMs };
  for (const entry of (await pc.getStats()).values()) {
    if (entry.type === 'candidate-pair' && entry.nominated) facts.availableBps = entry.availableOutgoingBitrate;
    if (entry.type === 'outbound-rtp' && entry.kind === 'video') {
      facts.targetBps = (facts.targetBps || 0) + (entry.targetBitrate || 0);
      facts.sent = (facts.sent || 0) + entry.framesSent;
    }
    if (entry.type === 'inbound-rtp' && entry.kind === 'video') {
      Object.assign(facts, { decoded: entry.framesDecoded, width: entry.frameWidth, lost: entry.packetsLost,
        freezes: entry.freezeCount, decoder: entry.decoderImplementation });
    }
    if (entry.type === 'inbound-rtp' && entry.kind === 'audio') {
      Object.assign(facts, { audioPackets: entry.packetsReceived, audioEnergy: entry.totalAudioEnergy });
    }
  }
  return facts;
};
</script>`;

/** Serves the page, WHIP at `/whip` and WHEP at `/whep`, for one stream. */
export function createWhipPage(plane: MediaPlane): Server {
  let serial = 0;
  return createServer(async (request, response) => {
    try {
      const body = await bodyOf(request);
      if (request.method === 'GET') {
        response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      } else if (request.method === 'POST') {
        serial += 1;
        const sessionId = `s${serial}`;
        const kind = request.url === '/whip' ? 'publish' : 'play';
        const opened = { roomId: 'r', streamId: 's', userId: kind, sessionId, kind, offerSdp: body } as const;
        const { answerSdp } = await plane.openSession(opened);
        response
          .writeHead(201, { 'content-type': 'application/sdp', location: `/session/${sessionId}` })
          .end(answerSdp);
      } else {
        const sessionId = request.url?.split('/').at(-1) ?? '';
        const patched = await plane.patchSession({ sessionId, ifMatch: request.headers['if-match'], fragment: body });
        response.writeHead(200).end(patched.kind === 'restarted' ? patched.fragment : '');
      }
    } catch (error) {
      const code = error instanceof RoomtapeError ? error.code : 'INTERNAL';
      response.writeHead(400).end(`${code} ${String(error)} ${JSON.stringify((error as RoomtapeError).details)}`);
    }
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}
