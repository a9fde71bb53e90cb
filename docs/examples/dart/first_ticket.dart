// A small client of the isp API with dart:io: signs in, renews its token, repeats a call safely, reads errors.
import 'dart:convert';
import 'dart:io';
import 'dart:math';

final url = Platform.environment['SIGAP_URL'] ?? 'http://127.0.0.1:8080';

class ApiError implements Exception {
  ApiError(this.status, this.error);
  final int status;
  final Map<String, dynamic> error;
  @override
  String toString() => '$status ${error['code']}: ${error['message']} ${error['details'] ?? ''}'.trimRight();
}

class Desk {
  final HttpClient _client = HttpClient();
  Map<String, dynamic>? _tokens;

  Future<void> signIn(String email, String password) async {
    final data = await call('POST', '/api/auth/login', body: {'email': email, 'password': password});
    _tokens = data['tokens'];
  }

  Future<dynamic> call(String method, String path,
      {Object? body, Map<String, String> headers = const {}, bool again = true}) async {
    final request = await _client.openUrl(method, Uri.parse(url + path));
    headers.forEach(request.headers.set);
    if (_tokens != null) request.headers.set('Authorization', 'Bearer ${_tokens!['access_token']}');
    if (body != null) {
      request.headers.contentType = ContentType.json;
      request.write(jsonEncode(body));
    }
    final response = await request.close();
    final answer = jsonDecode(await utf8.decodeStream(response));
    if (response.statusCode < 400) return answer['data'];
    if (answer['error']['code'] == 'TOKEN_EXPIRED' && again) {
      final renewed = await call('POST', '/api/auth/refresh',
          body: {'refresh_token': _tokens!['refresh_token']}, again: false);
      _tokens = renewed['tokens'];
      return call(method, path, body: body, headers: headers, again: false);
    }
    throw ApiError(response.statusCode, answer['error']);
  }

  /// The same key for each try: the server does the work once, whatever got lost on the way.
  Future<dynamic> callOnce(String method, String path, Object body) async {
    final random = Random.secure();
    final key = List.generate(16, (_) => random.nextInt(256).toRadixString(16).padLeft(2, '0')).join();
    for (var wait = 250;; wait *= 2) {
      try {
        return await call(method, path, body: body, headers: {'Idempotency-Key': key});
      } catch (error) {
        if ((error is ApiError && error.status < 500) || wait > 4000) rethrow;
        await Future.delayed(Duration(milliseconds: wait));
      }
    }
  }

  void close() => _client.close();
}

Future<void> main() async {
  final desk = Desk();
  await desk.signIn(Platform.environment['SIGAP_EMAIL']!, Platform.environment['SIGAP_PASSWORD']!);
  const place = {'lat': -6.9147, 'lng': 107.6098};
  final customer = (await desk.callOnce('POST', '/api/customers', {
    'full_name': 'Budi Santoso',
    'phone': '+628123456789',
    'email': 'budi.${DateTime.now().microsecondsSinceEpoch}@example.com',
    'address': 'Jalan Melati 7',
    'service_area': 'Bandung',
    'coordinates': place,
  }))['customer'];
  final ticket = (await desk.callOnce('POST', '/api/tickets', {
    'customer_id': customer['id'],
    'type': 'repair',
    'priority': 'high',
    'location': place,
    'title': 'No signal since this morning',
    'description': 'The modem blinks red.',
  }))['ticket'];
  await desk.callOnce('POST', '/api/tickets/${ticket['id']}/comments', {'comment': 'A technician comes at two.'});
  final read = (await desk.call('GET', '/api/tickets/${ticket['id']}'))['ticket'];
  print('${read['ticket_number']}: ${read['title']} (${read['status']})');
  try {
    await desk.call('POST', '/api/tickets', body: {'priority': 'very'});
  } on ApiError catch (error) {
    print('Refused, as it should be: $error');
  }
  desk.close();
}
