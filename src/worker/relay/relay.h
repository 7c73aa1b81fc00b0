#ifndef WORKER_RELAY_RELAY_H
#define WORKER_RELAY_RELAY_H

/*
 * The process of -stdio that carries bytes between standard input and output and the worker's
 * only connection. It has no capability, reads no file and parses nothing:
 *
 *   standard input --> socket --> front, then the capture process
 *   standard output <-- socket <--'
 *
 * The end of the input asks the launcher to stop (SIGTERM), as does an input that was silent
 * for RELAY_SILENCE_NS: then the link is cut, and nobody will ever say so. What the worker has
 * still to say is carried until its end.
 */
#define RELAY_SILENCE_NS 30000000000u /* a client sends an empty line every 5 s */

/* Takes sock, which does not block. Returns when both directions are over. */
int relay_run(int sock, int parent_pid);

#endif
