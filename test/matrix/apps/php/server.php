<?php
// Answers what test/matrix/apps/README.md lists.
$kind = explode('/', $_SERVER['REQUEST_URI'])[1];
http_response_code(['ok' => 200, 'fail' => 500, 'echo' => 200, 'big' => 200][$kind] ?? 404);
echo match ($kind) {
    'ok' => 'ok',
    'fail' => 'failed',
    'echo' => file_get_contents('php://input'),
    'big' => str_repeat('x', 100_000),
    default => 'no such thing',
};
