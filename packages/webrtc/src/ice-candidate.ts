// ICE candidate lines (RFC 8839 §5.1): which remote ones are worth a check, and how ours are written.

import { isIP } from 'node:net';

const CANDIDATE_CHARACTERS_MAX = 256;

/**
 * Tells whether a remote `candidate:` value is one our agent can use: UDP, component 1, a literal unicast IP
 * address. Names (mDNS among them) are refused: resolving a stranger's name is not a server's business.
 */
export function isUsableRemoteCandidate(candidate: string): boolean {
  if (candidate.length > CANDIDATE_CHARACTERS_MAX || !candidate.startsWith('candidate:')) return false;
  const parts = candidate.slice('candidate:'.length).split(' ');
  const [foundation = '', component, transport, priority = '', address = '', port = '', typ] = parts;
  if (!/^[A-Za-z0-9+/]{1,32}$/.test(foundation) || component !== '1' || typ !== 'typ') return false;
  if (transport?.toLowerCase() !== 'udp' || !/^\d{1,10}$/.test(priority)) return false;
  if (!/^\d{1,5}$/.test(port) || Number(port) === 0 || Number(port) > 65535) return false;
  return isIP(address) !== 0 && !isUnusableAddress(address);
}

/** Writes our `candidate:` value for ICE-TCP, RFC 6544 §4.5: host, passive. */
export function tcpPassiveCandidate(address: string, port: number, index: number): string {
  // RFC 6544 §4.2: direction preference 4 for passive, in the upper three bits of the local preference.
  const localPreference = 4 * 2 ** 13 + (8191 - index);
  const priority = 90 * 2 ** 24 + localPreference * 2 ** 8 + 255;
  return `candidate:${100 + index} 1 tcp ${priority} ${address} ${port} typ host tcptype passive`;
}

function isUnusableAddress(address: string): boolean {
  if (address.includes('.') && !address.includes(':')) {
    const first = Number(address.slice(0, address.indexOf('.')));
    return first === 0 || first >= 224;
  }
  const low = address.toLowerCase();
  return low === '::' || low.startsWith('ff') || low.includes('%');
}
