export type StandardStreams = {
  /** To stdout, which is opened for those runs alone that have something to say there. */
  readonly writeData: (text: string) => void;
  /** To stderr: at once on a terminal, else with what else comes in the same turn of the event loop. */
  readonly writeLog: (text: string) => void;
  /** Writes what still waits; whether everything is written. */
  readonly flush: () => boolean;
};

/** `onClosed` is called when who reads one of them has gone, as in `mlpackage run | head`. */
export function openStandardStreams(isTerminal: boolean, onClosed: () => void): StandardStreams {
  const { stderr } = process;
  stderr.on("error", onClosed);
  let stdout: NodeJS.WriteStream | undefined;
  let waiting = "";

  function flush(): boolean {
    if (waiting !== "") stderr.write(waiting);
    waiting = "";
    return [stdout, stderr].every((stream) => !stream?.writableLength);
  }

  return {
    writeData(text) {
      flush();
      stdout ??= process.stdout.on("error", onClosed);
      stdout.write(text);
    },
    writeLog(text) {
      // A call of the system for each line takes as long as finding a step fresh.
      if (waiting === "" && !isTerminal) setImmediate(flush);
      waiting += text;
      if (isTerminal) flush();
    },
    flush,
  };
}
