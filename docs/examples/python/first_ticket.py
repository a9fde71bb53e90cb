"""A small client of the isp API with what python brings: signs in, renews its token, repeats a call safely, reads errors."""
import json
import os
import time
import urllib.error
import urllib.request
import uuid

URL = os.environ.get("SIGAP_URL", "http://127.0.0.1:8080")


class ApiError(Exception):
    def __init__(self, status, error):
        super().__init__(f"{status} {error['code']}: {error['message']} {error.get('details', '')}".rstrip())
        self.status, self.code, self.details = status, error["code"], error.get("details")


class Desk:
    def __init__(self, email, password):
        self.tokens = None
        self.tokens = self.call("POST", "/api/auth/login", {"email": email, "password": password})["tokens"]

    def call(self, method, path, body=None, headers=None, again=True):
        request = urllib.request.Request(URL + path, method=method, headers=dict(headers or {}))
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if self.tokens:
            request.add_header("Authorization", f"Bearer {self.tokens['access_token']}")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.load(response)["data"]
        except urllib.error.HTTPError as refused:
            error = json.load(refused)["error"]
            if error["code"] == "TOKEN_EXPIRED" and again:
                renewed = self.call("POST", "/api/auth/refresh", {"refresh_token": self.tokens["refresh_token"]}, again=False)
                self.tokens = renewed["tokens"]
                return self.call(method, path, body, headers, again=False)
            raise ApiError(refused.code, error) from None

    def call_once(self, method, path, body):
        """The same key for each try: the server does the work once, whatever got lost on the way."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        for wait in (0.25, 0.5, 1, 2, None):
            try:
                return self.call(method, path, body, headers)
            except (ApiError, OSError) as error:
                if wait is None or (isinstance(error, ApiError) and error.status < 500):
                    raise
                time.sleep(wait)


desk = Desk(os.environ["SIGAP_EMAIL"], os.environ["SIGAP_PASSWORD"])
place = {"lat": -6.9147, "lng": 107.6098}
customer = desk.call_once("POST", "/api/customers", {
    "full_name": "Budi Santoso", "phone": "+628123456789", "email": f"budi.{time.time_ns()}@example.com",
    "address": "Jalan Melati 7", "service_area": "Bandung", "coordinates": place})["customer"]
ticket = desk.call_once("POST", "/api/tickets", {
    "customer_id": customer["id"], "type": "repair", "priority": "high", "location": place,
    "title": "No signal since this morning", "description": "The modem blinks red."})["ticket"]
desk.call_once("POST", f"/api/tickets/{ticket['id']}/comments", {"comment": "A technician comes at two."})
read = desk.call("GET", f"/api/tickets/{ticket['id']}")["ticket"]
print(f"{read['ticket_number']}: {read['title']} ({read['status']})")
try:
    desk.call("POST", "/api/tickets", {"priority": "very"})
except ApiError as error:
    print(f"Refused, as it should be: {error}")
