import { createContext } from 'react';
import type { ScreenSettings } from '../settings/screen-settings.ts';

/** The settings that all components draw with. */
export type Look = Pick<ScreenSettings, 'theme' | 'ascii' | 'reducedMotion'>;

export const LookContext = createContext<Look>({ theme: 'dark', ascii: false, reducedMotion: false });
