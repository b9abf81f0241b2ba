// The lobby: who, where, and with which camera and microphone.

import { VIDEO_CODECS, type VideoCodecName } from '@roomtape/sdk';
import { type FormEvent, type ReactNode, useState } from 'react';
import { DevicePicker } from './device-picker.tsx';
import { formatCodec } from './format.ts';
import { Icon } from './icons.tsx';
import { lastUserName, toId } from './identity.ts';
import { NAME_CHARACTERS_MAX } from './limits.ts';
import type { LobbyMedia } from './lobby-media.ts';
import { PageHeader } from './page-header.tsx';
import { Preview } from './preview.tsx';
import { mixAddress, type RoomLink } from './route.ts';
import { useStore } from './store.ts';

/** What the visitor decided. */
export type LobbyAnswer = {
  readonly roomId: string;
  readonly userName: string;
  readonly codec: VideoCodecName | undefined;
  readonly isMicrophoneOn: boolean;
  readonly isCameraOn: boolean;
};

type LobbyProps = { media: LobbyMedia; link: RoomLink; onEnter: (answer: LobbyAnswer) => void };

/** Asks for name and room while the visitor sees themselves. */
export function Lobby({ media, link, onEnter }: LobbyProps): ReactNode {
  const view = useStore(media.store);
  const [switches, setSwitches] = useState({ isMicrophoneOn: true, isCameraOn: true });
  return (
    <div className="page">
      <PageHeader />
      <main className="lobby">
        <section className="lobby-media" aria-label="Camera and microphone">
          <Preview view={view} switches={switches} onSwitch={setSwitches} />
          <DevicePicker media={media} view={view} />
        </section>
        <section className="lobby-form">
          <h1>Join a room</h1>
          <p className="lead">Everybody in it can be recorded, each person to a file of their own.</p>
          <JoinForm link={link} onEnter={(answer) => onEnter({ ...answer, ...switches })} />
          <p className="lobby-other">
            Without a room: <a href="#/recorder">record in this browser</a>, or see its{' '}
            <a href="#/raw-audio">raw audio</a>.
          </p>
        </section>
      </main>
    </div>
  );
}

type JoinAnswer = Pick<LobbyAnswer, 'roomId' | 'userName' | 'codec'>;

function JoinForm({ link, onEnter }: { link: RoomLink; onEnter: (answer: JoinAnswer) => void }): ReactNode {
  const [userName, setUserName] = useState(link.userName || lastUserName());
  const [roomId, setRoomId] = useState(link.roomId || 'demo');
  const [codec, setCodec] = useState<VideoCodecName | undefined>(link.codec);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    onEnter({ roomId: roomId.trim(), userName: userName.trim(), codec });
  };
  return (
    <form onSubmit={submit}>
      <TextField label="Your name" value={userName} onChange={setUserName} autoComplete="name" />
      <TextField label="Room" value={roomId} onChange={setRoomId} autoComplete="off" />
      <details>
        <summary>More</summary>
        <CodecField codec={codec} onChange={setCodec} />
      </details>
      <div className="lobby-ways">
        <button className="primary" type="submit" disabled={userName.trim() === '' || roomId.trim() === ''}>
          Join
        </button>
        {roomId.trim() === '' ? null : (
          <a className="quiet" href={mixAddress(toId(roomId))}>
            <Icon name="layout" />
            Mix this room
          </a>
        )}
      </div>
    </form>
  );
}

type CodecFieldProps = { codec: VideoCodecName | undefined; onChange: (codec: VideoCodecName | undefined) => void };

function CodecField({ codec, onChange }: CodecFieldProps): ReactNode {
  return (
    <label className="field">
      <span>Video codec</span>
      <select
        value={codec ?? ''}
        onChange={(event) => onChange(VIDEO_CODECS.find((name) => name === event.target.value))}
      >
        <option value="">Automatic (H.264 first)</option>
        {VIDEO_CODECS.map((name) => (
          <option key={name} value={name}>
            {formatCodec(name)}
          </option>
        ))}
      </select>
    </label>
  );
}

type TextFieldProps = { label: string; value: string; onChange: (value: string) => void; autoComplete: string };

function TextField({ label, value, onChange, autoComplete }: TextFieldProps): ReactNode {
  return (
    <label className="field">
      <span>{label}</span>
      <input
        required
        maxLength={NAME_CHARACTERS_MAX}
        autoComplete={autoComplete}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </label>
  );
}
