"""Ctrl-C in `spreaders chat`: it ends the answer that a model does not give, and the talk goes on; at the prompt it ends
the program."""
import os, pty, signal, socket, sys, threading

from harness import *

# A model that takes every request and answers none.
silent = socket.create_server(("127.0.0.1", 0))
taken = []


def take():
    while True:
        try: taken.append(silent.accept()[0])
        except OSError: return


threading.Thread(target=take, daemon=True).start()

terminal, inner = pty.openpty()
chat = subprocess.Popen(
    [program, "chat", "--data-dir", os.path.join(folder, "data"), "--sample-audience"], stdin=inner, stdout=inner,
    stderr=subprocess.DEVNULL, start_new_session=True,
    env=clean_environment({"OPENAI_API_KEY": "sk-test", "OPENAI_BASE_URL": f"http://127.0.0.1:{silent.getsockname()[1]}/v1"}))
os.close(inner)
import harness
harness._running.append(chat)
shown = ""


def until(wanted, after=0):
    global shown
    deadline = time.monotonic() + kWait_s
    while wanted not in shown[after:]:
        if time.monotonic() > deadline: raise SystemExit(f"{wanted!r} is not in: {shown[after:]}")
        if not select.select([terminal], [], [], 0.2)[0]: continue
        try: shown += os.read(terminal, 65536).decode(errors="replace")
        except OSError: raise SystemExit(f"ended before {wanted!r}: {shown}")


until("> ")
os.write(terminal, (goal + "\n").encode())
until("asking")
deadline = time.monotonic() + kWait_s
while not taken and time.monotonic() < deadline: select.select([], [], [], 0.02)
check(len(taken) == 1, "the model was asked", len(taken))
mark = len(shown)
chat.send_signal(signal.SIGINT)
until("cancelled", mark)
until("> ", mark)
check(chat.poll() is None, "the talk goes on")
mark = len(shown)
os.write(terminal, b"builtin\n")
until("autumn", mark)
check(chat.poll() is None, "and the built-in planner answers", shown[mark:])
until("> ", mark)
chat.send_signal(signal.SIGINT)
check(chat.wait(kWait_s) == -signal.SIGINT, "at the prompt it ends the program", chat.returncode)
finish()
