"""A Flask application."""
from flask import Flask, request

from words import answer

app = Flask("matrix")


@app.route("/<kind>/<number>", methods=["GET", "POST"])
def any_path(kind, number):
    status, content = answer(f"/{kind}/{number}", request.get_data())
    return content, status
