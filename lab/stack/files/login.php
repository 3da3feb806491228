<?php
// A form that only a browser's ways get through: its page sets the cookie of a session and has a token
// in its body; a log-in needs both, with a user and a password; and whoever is logged in writes rows
// into `dados` that bear the user's name. The password of a user is the name behind "senha-".
//
// Unlike the page of the lab it answers with the status that fits: 403 without session or token, 401
// for a wrong password, 500 without a database.
mysqli_report(MYSQLI_REPORT_OFF);
session_save_path(getenv('SESSION_DIR') ?: session_save_path());
session_start();
header('Content-Type: text/html; charset=utf-8');
header('X-Served-By: ' . gethostname());

/** Ends the answer with a status and a sentence. */
function answer(int $status, string $sentence): never
{
    http_response_code($status);
    exit('<p>' . htmlspecialchars($sentence) . "</p>\n");
}

/** A form of the session's token, which every form posted has to have. */
function form(string $fields): void
{
    $token = $_SESSION['token'] ??= bin2hex(random_bytes(16));
    echo "<form method=\"post\">\n<input type=\"hidden\" name=\"token\" value=\"$token\">\n$fields\n<button>OK</button>\n</form>\n";
}

/** What a form has in a field, "" for nothing. */
function field(string $name): string
{
    return is_string($_POST[$name] ?? null) ? $_POST[$name] : '';
}

/** Writes the row of a logged-in user. */
function save(string $user, string $note): void
{
    $link = @new mysqli(getenv('DB_HOST'), getenv('DB_USER'), getenv('DB_PASSWORD'), getenv('DB_NAME'), (int) getenv('DB_PORT'));
    if ($link->connect_errno) {
        answer(500, 'Connect failed: ' . $link->connect_error);
    }
    $insert = $link->prepare('INSERT INTO dados (Nome, Sobrenome, Host) VALUES (?, ?, ?)');
    if (!$insert || !$insert->execute([$user, $note, gethostname()])) {
        answer(500, 'Error: ' . $link->error);
    }
    answer(200, "saved for $user");
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST') {
    form("<input name=\"user\">\n<input name=\"password\" type=\"password\">");
    exit;
}
if (!isset($_SESSION['token']) || !hash_equals($_SESSION['token'], field('token'))) {
    answer(403, 'the token is missing or of another session');
}
if (isset($_SESSION['user'])) {
    save($_SESSION['user'], field('note'));
}
if (field('user') === '' || field('password') !== 'senha-' . field('user')) {
    answer(401, 'user or password is wrong');
}
session_regenerate_id(true);
$_SESSION['user'] = field('user');
unset($_SESSION['token']);
echo '<p>welcome, ', htmlspecialchars($_SESSION['user']), "</p>\n";
form('<input name="note">');
