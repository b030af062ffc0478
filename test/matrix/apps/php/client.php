<?php
// A page that asks other services with the curl extension: ?column=…&url=…&ca=…&first=…&count=…&connections=…
const VERSIONS = [
    'http1' => CURL_HTTP_VERSION_1_1,
    'https1' => CURL_HTTP_VERSION_1_1,
    'h2c' => CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE,
    'h2' => CURL_HTTP_VERSION_2TLS,
];

function request(int $n): CurlHandle
{
    $kind = ['ok', 'missing', 'fail', 'echo', 'big'][$n % 5];
    // curl 7 cannot use a connection with prior knowledge twice.
    $fresh = $_GET['column'] === 'h2c';
    $handle = curl_init("{$_GET['url']}/$kind/$n");
    curl_setopt_array($handle, [
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_CAINFO => $_GET['ca'],
        CURLOPT_HTTP_VERSION => VERSIONS[$_GET['column']],
        CURLOPT_FRESH_CONNECT => $fresh,
        CURLOPT_FORBID_REUSE => $fresh,
    ]);
    if ($kind === 'echo') {
        curl_setopt($handle, CURLOPT_POSTFIELDS, str_repeat('b', 10 + $n % 3000));
    }
    return $handle;
}

$numbers = range((int) $_GET['first'], $_GET['first'] + $_GET['count'] - 1);
$multi = curl_multi_init();
curl_multi_setopt($multi, CURLMOPT_MAX_HOST_CONNECTIONS, (int) $_GET['connections']);
$running = 0;
$failed = 0;
do {
    while ($running < $_GET['connections'] && $numbers) {
        curl_multi_add_handle($multi, request(array_shift($numbers)));
        $running++;
    }
    curl_multi_exec($multi, $active);
    curl_multi_select($multi, 1);
    while ($done = curl_multi_info_read($multi)) {
        $failed += $done['result'] === CURLE_OK ? 0 : 1;
        curl_multi_remove_handle($multi, $done['handle']);
        $running--;
    }
} while ($running > 0 || $numbers);
http_response_code($failed ? 502 : 200);
