// SDP fragments of WHIP and WHEP (RFC 8840, RFC 9725 §4.3): what PATCH carries each way. Reads only the lines it
// needs and ignores the rest; never throws on a server's text.

/** ICE and DTLS parameters found in an SDP or a fragment. */
export type IceParameters = {
  readonly ufrag: string | undefined;
  readonly pwd: string | undefined;
  readonly fingerprint: string | undefined;
  readonly setup: string | undefined;
  /** `candidate:` values without `a=`. */
  readonly candidates: readonly string[];
};

/** Candidates of the local side to be told in one PATCH. */
export type LocalCandidates = { readonly candidates: readonly RTCIceCandidate[]; readonly complete: boolean };

/** Writes the fragment that tells the server of new local candidates. */
export function writeTrickleFragment(localSdp: string, local: LocalCandidates): string {
  const { ufrag, pwd } = readIceParameters(localSdp);
  const lines = [
    `a=ice-ufrag:${ufrag ?? ''}`,
    `a=ice-pwd:${pwd ?? ''}`,
    ...bundleLines(localSdp),
    ...local.candidates.map((candidate) => `a=${candidate.candidate}`),
  ];
  if (local.complete) lines.push('a=end-of-candidates');
  return `${lines.join('\r\n')}\r\n`;
}

/** Reads the ICE and DTLS parameters of the first bundled media description. */
export function readIceParameters(sdp: string): IceParameters {
  const lines = sdp.split(/\r?\n/);
  const value = (name: string): string | undefined =>
    lines.find((line) => line.startsWith(`a=${name}:`))?.slice(name.length + 3);
  return {
    ufrag: value('ice-ufrag'),
    pwd: value('ice-pwd'),
    fingerprint: value('fingerprint'),
    setup: value('setup'),
    candidates: lines.filter((line) => line.startsWith('a=candidate:')).map((line) => line.slice(2)),
  };
}

/** Puts the parameters a server gave for an ICE restart into its earlier answer. */
export function applyRestart(answerSdp: string, fragment: string): string {
  const fresh = readIceParameters(fragment);
  const replaced: Record<string, string | undefined> = {
    'a=ice-ufrag:': fresh.ufrag,
    'a=ice-pwd:': fresh.pwd,
    'a=fingerprint:': fresh.fingerprint,
    'a=setup:': fresh.setup,
  };
  const lines: string[] = [];
  for (const line of answerSdp.split(/\r?\n/)) {
    if (line.startsWith('a=candidate:') || line === 'a=end-of-candidates') continue;
    const prefix = Object.keys(replaced).find((name) => line.startsWith(name));
    const value = prefix === undefined ? undefined : replaced[prefix];
    lines.push(prefix === undefined || value === undefined ? line : `${prefix}${value}`);
  }
  return withCandidates(lines, fresh.candidates).join('\r\n');
}

function withCandidates(lines: readonly string[], candidates: readonly string[]): readonly string[] {
  if (candidates.length === 0) return lines;
  // All media share one transport (BUNDLE): the first media description carries the candidates.
  const first = lines.findIndex((line) => line.startsWith('m='));
  const next = lines.findIndex((line, index) => index > first && line.startsWith('m='));
  let end = next === -1 ? lines.length : next;
  while (end > 0 && lines[end - 1] === '') end -= 1;
  const added = candidates.map((candidate) => `a=${candidate}`);
  return [...lines.slice(0, end), ...added, 'a=end-of-candidates', ...lines.slice(end)];
}

function bundleLines(sdp: string): string[] {
  const lines = sdp.split(/\r?\n/);
  const media = lines.find((line) => line.startsWith('m=')) ?? 'm=audio 9 UDP/TLS/RTP/SAVPF 0';
  const mid = lines.find((line) => line.startsWith('a=mid:')) ?? 'a=mid:0';
  return [media, mid];
}
