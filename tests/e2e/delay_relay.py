"""delay_relay.py HOST PORT MS: a TCP relay on 127.0.0.1 that connects at once and passes on
every byte MS later, as a link of that length would. Prints its port."""

import asyncio
import sys


async def pipe(reader, writer, delay):
    """Each piece has its own way: many may be under way at once."""
    queue = asyncio.Queue()
    loop = asyncio.get_running_loop()

    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(due - loop.time())
            if not data:
                break
            writer.write(data)
            await writer.drain()

    delivery = asyncio.create_task(deliver())
    try:
        while data := await reader.read(65536):
            queue.put_nowait((loop.time() + delay, data))
        queue.put_nowait((loop.time() + delay, b""))
        await delivery
        writer.write_eof()
    except OSError:
        delivery.cancel()
        writer.close()


async def main():
    host, port, delay = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]) / 1000

    async def relay(reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(host, port)
        except OSError:
            writer.close()
            return
        await asyncio.gather(pipe(reader, far_writer, delay), pipe(far_reader, writer, delay))
        far_writer.close()
        writer.close()

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
