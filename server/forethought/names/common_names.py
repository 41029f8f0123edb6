"""Names that are too common to be resolved by name alone: methods of built-in and standard library types."""

_NAMES = """
    abs absolute accept acquire add addAll addEventListener addFilter addHandler add_argument add_argument_group
    add_done_callback add_header add_mutually_exclusive_group add_note add_reader add_signal_handler add_subparsers
    add_writer all anchor and and_then any append appendleft apply args as_bytes as_integer_ratio as_posix as_ref
    as_str as_string as_uri assert astimezone attach await bind bit_count bit_length borrow buffer build
    c_contiguous call callHandlers call_at call_exception_handler call_later call_soon call_soon_threadsafe callback
    cancel cancelled cancelling capitalize casefold cast catch ceil center charAt characters_written chmod clear
    clone close closed code collect combine communicate compare compareTo concat conjugate connect
    connect_accepted_socket connect_ex connect_read_pipe connect_write_pipe contains containsKey containsValue
    contiguous convert_arg_line_to_args copy count cr_await cr_code cr_frame cr_origin cr_running cr_suspended
    create createLock create_connection create_datagram_endpoint create_future create_module create_server
    create_task create_unix_connection create_unix_server critical ctime cwd daemon date day days debug decode
    default_exception_handler del_param delete deleter denominator derive describe destroy detach difference
    difference_update discard dispose done drive dst dup each elements emit empty encode encoding end end_lineno
    end_offset endpos endswith enter_context entries entrySet equal equals errno error errors eval every exception
    exceptions exec exec_module exists exit expand expandtabs expanduser expect expect_err extend extendleft
    f_contiguous family fatal fdel fetch fget filename filename2 fileno filter finally find findCaller findIndex
    find_module find_spec findall finditer first flags flatMap flatten flush fmt fold forEach format format_help
    format_map format_usage fromJson from_bytes fromhex fromisocalendar fromisoformat fromkeys fromordinal
    fromtimestamp fset full fullmatch get getAttribute getChild getClass getEffectiveLevel getName getOrDefault
    getValue get_all get_boundary get_charset get_charsets get_code get_content_charset get_content_disposition
    get_content_maintype get_content_subtype get_content_type get_coro get_debug get_default get_default_type
    get_exception_handler get_filename get_inheritable get_loop get_name get_nowait get_param get_params get_payload
    get_source get_stack get_task_factory get_unixfrom getaddrinfo getblocking getbuffer getnameinfo getpeername
    getsockname getsockopt getter gettimeout getvalue gi_code gi_frame gi_running gi_suspended gi_yieldfrom glob
    group groupdict groupindex groups handle handleError hardlink_to has hasHandlers hasNext hash hashCode hashcode
    hex home hour ident imag include includes index indexOf indices info init insert intersection
    intersection_update into invoke isDaemon isEmpty isEnabledFor isSet is_absolute is_alive is_block_device
    is_char_device is_closed is_dir is_err is_fifo is_file is_integer is_mount is_multipart is_none is_ok is_package
    is_relative_to is_reserved is_running is_set is_socket is_some is_symlink isalnum isalpha isascii isatty
    isdecimal isdigit isdisjoint isidentifier islower isnumeric isocalendar isoformat isoweekday isprintable isspace
    issubset issuperset istitle isupper items itemsize iter iter_mut iterator iterdir join joinpath json keySet keys
    kill last lastgroup lastindex lchmod len length line_buffering lineno link_to listen ljust load load_module lock
    log lower lstat lstrip main make makeRecord makefile maketrans manager map map_err match matches max maxlen
    merge message microsecond microseconds min minute mkdir module_repr month most_common move_to_end mro msg name
    native_id nbytes ndim new newlines next notify notifyAll notify_all now numerator obj object offset once open
    or_else owner params parent parents parse parse_args parse_intermixed_args parse_known_args
    parse_known_intermixed_args partition parts path pattern peek pipe poll pop pop_all popitem popleft pos post
    print print_file_and_line print_help print_stack print_usage printf println process proto push put put_nowait
    qsize query raise raw_items read read1 readLine read_bytes read_text readable readinto readinto1 readline
    readlines readlink readonly real reason receive reconfigure recv recv_into recvfrom recvfrom_into recvmsg
    recvmsg_into reduce register regs relative_to release remove removeEventListener removeFilter removeHandler
    remove_done_callback remove_reader remove_signal_handler remove_writer removeprefix removesuffix rename render
    replace replace_header request require reset resolution resolve respond result reverse rfind rglob rindex rjust
    rmdir root rotate rpartition rsplit rstrip run run_forever run_in_executor run_until_complete running samefile
    save scanner search second seconds seek seekable select send send_signal sendall sendfile sendmsg sendmsg_afalg
    sendto set setAttribute setDaemon setFormatter setLevel setName setState setTimeout set_boundary set_charset
    set_debug set_default_executor set_default_type set_defaults set_exception set_exception_handler set_inheritable
    set_name set_param set_payload set_raw set_result set_running_or_notify_cancel set_task_factory set_type
    set_unixfrom setblocking setdefault setsockopt setter settimeout setup shape shift shutdown shutdown_asyncgens
    shutdown_default_executor size sleep slice sock_accept sock_connect sock_recv sock_recv_into sock_recvfrom
    sock_recvfrom_into sock_sendall sock_sendfile sock_sendto some sort span splice split splitlines start start_tls
    startswith stat status stem step stop stream strerror strftime strides string strip strptime sub subgroup submit
    subn suboffsets subprocess_exec subprocess_shell subscribe substr substring subtract suffix suffixes sum
    swapcase switch symlink_to symmetric_difference symmetric_difference_update tap task_done tell terminate test
    text then throw time timeout timestamp timetuple timetz title toArray toJson toList toLowerCase toString
    toUpperCase to_bytes to_owned to_string tobytes today tolist toordinal toreadonly total total_seconds touch
    transform translate trim truncate type tzinfo tzname uncancel union universal_newlines unlink unlock unwrap
    unwrap_or unwrap_or_default unwrap_or_else update upper url use utcfromtimestamp utcnow utcoffset utctimetuple
    validate value valueOf values visit wait wait_for walk warn warning weekday with with_name with_stem with_suffix
    with_traceback writable write write_bytes write_text write_through writelines writeln year yield zfill
"""

COMMON_NAMES = frozenset(_NAMES.split())
"""`x.name()` with one of these names stays unresolved if nothing is known about `x`."""
