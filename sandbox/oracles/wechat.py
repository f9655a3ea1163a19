"""wechatpayv3, which verifies every answer, against the sandbox: by public key, and by certificates that it fetches."""

import json
import queue
import subprocess
import sys
import tempfile
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, HTTPServer

from wechatpayv3 import WeChatPay, WeChatPayType
from wechatpayv3.core import Core

passed = 0


def check(what, holds):
    global passed
    if not holds:
        raise SystemExit(f"{what}: does not hold")
    passed += 1


class Receiver(BaseHTTPRequestHandler):
    letters = queue.Queue()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.letters.put((dict(self.headers), body.decode()))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def ask(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"content-type": "application/json"}, method=method)
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def journey(pay, settings, address, notify_url, number):
    code, answer = pay.pay(
        description="充值",
        out_trade_no=number,
        amount={"total": 1250, "currency": "CNY"},
        payer={"openid": "oracle-openid"},
        notify_url=notify_url,
    )
    check(f"an order is made: {answer}", code == 200 and json.loads(answer)["prepay_id"].startswith("wx"))
    ask("POST", f"{address}/orders/{number}/pay")
    headers, body = Receiver.letters.get(timeout=10)
    lower = {name.lower(): value for name, value in headers.items()}
    told = pay.callback(lower, body)
    check("the notification is verified and opened", told and told["event_type"] == "TRANSACTION.SUCCESS")
    check("it tells the order", told["resource"]["out_trade_no"] == number)
    altered = dict(lower, **{"wechatpay-timestamp": str(int(lower["wechatpay-timestamp"]) + 1)})
    check("an altered one is not", not pay.callback(altered, body))
    code, answer = pay.query(out_trade_no=number)
    check("it is paid", code == 200 and json.loads(answer)["trade_state"] == "SUCCESS")
    code, answer = pay.close(out_trade_no=number)
    check("a paid order is not closed", code == 400 and json.loads(answer)["code"] == "ORDERPAID")
    amount = {"refund": 250, "total": 1250, "currency": "CNY"}
    code, answer = pay.refund(out_refund_no=f"{number}R1", amount=amount, out_trade_no=number, notify_url=notify_url)
    check(f"a refund is accepted: {answer}", code == 200 and json.loads(answer)["status"] == "PROCESSING")
    headers, body = Receiver.letters.get(timeout=10)
    told = pay.callback({name.lower(): value for name, value in headers.items()}, body)
    check("and told", told["event_type"] == "REFUND.SUCCESS")
    code, answer = pay.query_refund(out_refund_no=f"{number}R1")
    check("and answered", code == 200 and json.loads(answer)["status"] == "SUCCESS")


def main():
    with tempfile.TemporaryDirectory() as folder:
        child = subprocess.Popen([sys.argv[1], folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            world = json.loads(child.stdout.readline())
            run(world["address"], world["settings"])
        finally:
            child.stdin.close()
            child.wait(timeout=10)
    print(f"wechatpayv3: {passed} passed")


def run(address, settings):
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    notify_url = f"http://127.0.0.1:{server.server_port}/notify"
    ask("PUT", f"{address}/faults", {"schedule_scale": 0})
    # The library knows one gateway; in the older way it calls there while it is being made.
    first = Core._init_certificates

    def from_here(self):
        self._gate_way = address
        first(self)

    Core._init_certificates = from_here
    for way in ["wechat", "wechat_by_certificate"]:
        of = settings[way]
        key = next((key for key in of["verify_keys"] if key["id"].startswith("PUB_KEY_ID_")), None)
        public = {"public_key": key["key"], "public_key_id": key["id"]} if key else {}
        common = {
            "wechatpay_type": WeChatPayType.JSAPI,
            "mchid": of["mchid"],
            "cert_serial_no": of["signing"][0]["serial"],
            "appid": of["appid"],
            "apiv3_key": of["api_v3_keys"][0],
        }
        pay = WeChatPay(private_key=of["signing"][0]["private_key"], **common, **public)
        pay._core._gate_way = address
        journey(pay, of, address, notify_url, f"PYTHON{len(way)}0001")
        if key:
            stranger = WeChatPay(private_key=settings["unionpay"]["signing"][0]["private_key"], **common, **public)
            stranger._core._gate_way = address
            code, _ = stranger.query(out_trade_no="PYTHON60001")
            check("another key is refused", code == 401)


main()
