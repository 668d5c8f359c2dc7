"""An authorization server's key and tokens for the tests: Ed25519 from PyNaCl, RSA from the openssl command, and what an
attacker would send."""
import base64, hashlib, hmac, http.server, json, os, subprocess, threading, time
import nacl.signing


def b64(data):
    data = json.dumps(data).encode() if isinstance(data, (dict, list)) else data
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Ed25519:
    def __init__(self, kid):
        self.kid, self.key = kid, nacl.signing.SigningKey.generate()

    def jwk(self):
        return {"kty": "OKP", "crv": "Ed25519", "kid": self.kid, "use": "sig", "x": b64(bytes(self.key.verify_key))}

    def header(self):
        return {"typ": "at+jwt", "alg": "EdDSA", "kid": self.kid}

    def sign(self, data):
        return self.key.sign(data).signature


class Rsa:
    def __init__(self, kid, folder):
        self.kid, self.path = kid, os.path.join(folder, kid + ".pem")
        subprocess.run(["openssl", "genrsa", "-out", self.path, "2048"], check=True, capture_output=True)
        self.public = subprocess.run(["openssl", "rsa", "-in", self.path, "-pubout"], check=True, capture_output=True).stdout
        modulus = subprocess.run(["openssl", "rsa", "-in", self.path, "-noout", "-modulus"], check=True, capture_output=True).stdout
        self.modulus = bytes.fromhex(modulus.decode().strip().split("=")[1])

    def jwk(self):
        return {"kty": "RSA", "kid": self.kid, "use": "sig", "n": b64(self.modulus), "e": "AQAB"}

    def header(self):
        return {"typ": "at+jwt", "alg": "RS256", "kid": self.kid}

    def sign(self, data):
        return subprocess.run(["openssl", "dgst", "-sha256", "-sign", self.path], input=data, check=True, capture_output=True).stdout


class Issuer:
    """Serves a JWK set on loopback and remembers who asked for it."""

    def __init__(self, folder):
        self.ed, self.rsa = Ed25519("ed-1"), Rsa("rsa-1", folder)
        self.keys, self.asked = [self.ed, self.rsa], []
        issuer = self

        class Answer(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_): pass

            def do_GET(self):
                issuer.asked.append((self.path, str(self.headers)))
                body = json.dumps({"keys": [key.jwk() for key in issuer.keys]}).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answer)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def claims(self, audience, scope, subject="ada", **more):
        now = int(time.time())
        return {"iss": self.url, "aud": audience, "sub": subject, "client_id": "test", "iat": now, "exp": now + 600, "scope": scope, **more}

    def token(self, claims, header=None, key=None):
        key = key or self.ed
        text = b64(header or key.header()) + "." + b64(claims)
        return text + "." + b64(key.sign(text.encode()))

    def flags(self, public_url, *more):
        return ["--http-public-url", public_url, "--auth-issuer", self.url, "--auth-jwks-url", self.url + "/keys", *more]


def hmac_token(header, claims, secret):
    text = b64(header) + "." + b64(claims)
    return text + "." + b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())
