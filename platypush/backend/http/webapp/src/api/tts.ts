/** A language that an engine speaks. docs/integrations/tts.md. */
export interface Language {
  language: string;
  name: string;
}

export interface Voice {
  name: string;
  language: string;
  gender: string | null;
}

/** A text that is being said, or waits. */
export interface Utterance {
  plugin: string;
  engine: string;
  text: string;
  language: string | null;
  speaking: boolean;
}
