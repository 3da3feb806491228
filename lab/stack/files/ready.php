<?php
// Says which host answers and writes nothing: for waiting until a server is up.
echo extension_loaded('mysqli') ? gethostname() : 'the mysqli extension is missing';
